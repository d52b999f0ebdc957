"""The reader's language: that of the cookie, else what the browser asks for."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from notifications.wire import places

# What programs read is the same for all of them, and stands so in the documents.
_OF_PROGRAMS = "en"


class LanguageMiddleware:
    """Draws pages in it; what somebody has chosen in their preferences goes before.

    Django's own would also say of the API, of styles and of icons that they differ by language, and
    each cache would keep one for each browser.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_of_api = places.is_of_api(request.path_info)
        language = _OF_PROGRAMS if is_of_api else translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            answer = self.get_response(request)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(answer, ["Accept-Language", "Cookie"])
            answer.headers.setdefault("Content-Language", language)
        return answer
