"""Refuses keys and tokens in URLs of the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

from notifications.wire import places

_SECRET_NAMES = {"access_token", "api_key", "apikey", "authorization", "bearer", "key", "token"}
_SECRET = re.compile(r"nk_[0-9a-f]{12}_|nt_[A-Za-z0-9_-]{43}")


class NoSecretsInUrlsMiddleware:
    """Refuses a key or token in a query string: URLs are kept in logs and histories."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if places.is_of_api(request.path_info) and _names_a_secret(request):
            return HttpResponseBadRequest(
                "A key or token goes into the header `Authorization: Bearer`, never into a URL, "
                "which logs keep. If this one is in use, revoke it.",
                content_type="text/plain",
            )
        return self.get_response(request)


def _names_a_secret(request: HttpRequest) -> bool:
    if _SECRET_NAMES & {name.lower() for name in request.GET}:
        return True
    values = chain.from_iterable(values for _, values in request.GET.lists())
    return any(_SECRET.match(value) for value in values)
