"""Who may call the API: the classes that its routers are given (``api.make``).

A bearer beats a cookie, also one that is refused. Each class either knows who asks, passes the
request on to the next (nothing came that it could judge), or refuses it with the status that says
why: 401 for what is nobody's, 403 for what is somebody's but not for this, 429 for too often.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.http import HttpRequest
from ninja.errors import AuthenticationError, HttpError, Throttled
from ninja.security import HttpBearer
from ninja.security import SessionAuth as CookieAuth

from notifications.credentials import keys, throttles, tokens
from notifications.credentials.logins import Login
from notifications.credentials.origins import is_listed
from notifications.models import ApiKey
from notifications.models.credentials import TOKENS_SCOPE

Found = TypeVar("Found")


class SessionAuth(CookieAuth):
    """The session cookie of someone who may still sign in; writes need the CSRF token too."""

    def __call__(self, request: HttpRequest) -> Any | None:
        # In this order: who has no session is told so, and not of a CSRF token that is missing.
        if has_bearer(request) or not request.user.is_authenticated:
            return None
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any | None:
        must_not_ask_too_often(throttles.users, f"user:{request.user.pk}")
        return request.user


class TokenAuth(HttpBearer):
    """An access token: it opens the inbox of its user, from the origins on its list."""

    def authenticate(self, request: HttpRequest, token: str) -> Login:
        if token.startswith(keys.START):
            must_be_known(request, keys.find(token))
            raise HttpError(
                403, "An API key opens no inbox; make a token with it (/api/v1/tokens)."
            )
        login = must_be_known(request, tokens.find(token))
        origin = request.headers.get("Origin")
        if origin is not None and not is_listed(origin, login.origins):
            raise HttpError(403, "This token may not be used from that origin.")
        must_not_ask_too_often(throttles.users, f"user:{login.user.pk}")
        # For what follows it is as if the user had signed in.
        request.user = login.user  # type: ignore[assignment]
        return login


class ApiKeyAuth(HttpBearer):
    """An API key. Which scope an act needs, the act itself looks at."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        if token.startswith(tokens.START):
            must_be_known(request, tokens.find(token))
            raise HttpError(403, "A token opens an inbox, and nothing else; this needs an API key.")
        key = must_be_known(request, keys.find(token))
        must_not_ask_too_often(throttles.keys, key.identity)
        keys.note_use(key)
        return key


class TokenMakerAuth(ApiKeyAuth):
    """An API key that may make tokens."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        key = super().authenticate(request, token)
        if TOKENS_SCOPE not in key.scopes:
            raise HttpError(403, f"This API key lacks the scope {TOKENS_SCOPE!r}.")
        return key


def has_bearer(request: HttpRequest) -> bool:
    """Whether the request comes with a key or a token, whatever that is worth."""
    return request.headers.get("Authorization", "").partition(" ")[0].lower() == "bearer"


def must_be_known(request: HttpRequest, credential: Found | None) -> Found:
    """What was found by the request's bearer.

    Raises: AuthenticationError: nothing was. Throttled: nothing was again and again.
    """
    if credential is None:
        must_not_ask_too_often(throttles.refused, throttles.address_of(request))
        raise AuthenticationError(message="That key or token is not valid, or not any more.")
    return credential


def must_not_ask_too_often(bucket: throttles.Throttle, who: str) -> None:
    """Raises: Throttled: with the seconds to wait."""
    if wait_s := bucket.wait_s(who):
        raise Throttled(wait_s)
