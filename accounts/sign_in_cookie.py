"""A cookie that pages can read: another one after each sign-in, and none after signing out.

A browser may bring a page back from its back/forward cache long after its user has left. The page's
script compares this cookie with the one that it was loaded under, before anything of it is seen.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from notifications.conf import conf

_CHANGE = "_sign_in_change"


@receiver(user_logged_in, dispatch_uid="accounts.sign_in_cookie.in")
def note_sign_in(request: HttpRequest | None, **_: Any) -> None:
    """The answer to this request brings another cookie."""
    if request is not None:
        setattr(request, _CHANGE, secrets.token_urlsafe(9))


@receiver(user_logged_out, dispatch_uid="accounts.sign_in_cookie.out")
def note_sign_out(request: HttpRequest | None, **_: Any) -> None:
    """The answer to this request takes the cookie away."""
    if request is not None:
        setattr(request, _CHANGE, "")


class SignInCookieMiddleware:
    """Sets the cookie, and deletes it, with the answers that sign in and out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        value: str | None = getattr(request, _CHANGE, None)
        if value:
            response.set_cookie(
                conf.SIGN_IN_COOKIE,
                value,
                max_age=settings.SESSION_COOKIE_AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                **_where(),
            )
        elif value is not None:
            response.delete_cookie(conf.SIGN_IN_COOKIE, **_where())
        return response


def _where() -> dict[str, Any]:
    # Wherever the session's cookie is sent, so that each page of the site can read it.
    return {
        "path": settings.SESSION_COOKIE_PATH,
        "domain": settings.SESSION_COOKIE_DOMAIN,
        "samesite": "Lax",
    }
