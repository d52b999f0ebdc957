"""The language that somebody has chosen in their preferences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from notifications.inbox import reading
from notifications.wire import places

MIDDLEWARE = "notifications.pages.languages.PreferredLanguageMiddleware"
# The same for everybody: they must not depend on who asks, or no cache could keep them.
_OF_NOBODY = {
    "notifications:identity-sheet",
    "notifications:identity-icon",
    "notifications:manifest",
}
# Its view reads where the inbox stands together with what is in it, and says the language itself.
_OWN = "notifications:inbox"
_SAFE = {"GET", "HEAD"}


def is_chosen_here() -> bool:
    """Whether a choice has an effect in this project: where the middleware is installed."""
    return MIDDLEWARE in settings.MIDDLEWARE


class PreferredLanguageMiddleware:
    """Draws pages in it. Put it behind LocaleMiddleware and AuthenticationMiddleware.

    The query that it asks is the one of the bell, which asks none then.

    It also sets Django's language cookie: so pages that ask no database, those of errors and that
    of signing in, are in the same language.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if language := getattr(request, "_chosen_language", ""):
            answer.headers.setdefault("Content-Language", language)
            if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != language:
                keep(answer, language)
        return answer

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any) -> None:
        """Before a view is called: what has none is an error, of which no database is asked."""
        name = request.resolver_match and request.resolver_match.view_name
        if name in {*_OF_NOBODY, _OWN} or places.is_of_api(request.path_info):
            return
        user: Any = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return
        head = reading.known_head(user.pk)
        if head is None:
            return
        use(request, head.choices.language)
        # What changes something may change this, too.
        if request.method in _SAFE:
            keep_head(request, user.pk, head)


def keep_head(request: HttpRequest, user_id: Any, head: reading.Head | None) -> None:
    """Where this user's inbox stands, for what draws the page; None: read it anew."""
    request._inbox_head = (user_id, head)  # type: ignore[attr-defined]


def kept_head(request: HttpRequest | None, user_id: Any) -> reading.Head | None:
    """It, if it is known already, and this user's."""
    whose, head = getattr(request, "_inbox_head", (None, None))
    return head if whose == user_id else None


def use(request: HttpRequest, language: str) -> None:
    """Draw what is answered in this language; empty: in that of the cookie and the browser."""
    if language:
        translation.activate(language)
        request.LANGUAGE_CODE = language
        request._chosen_language = language  # type: ignore[attr-defined]


def keep(answer: HttpResponse, language: str) -> None:
    """Have the browser ask for this language from now on, whoever has signed in."""
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]
    )
