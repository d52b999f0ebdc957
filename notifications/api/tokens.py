"""``POST /api/v1/tokens``: access to one inbox for a few minutes, elsewhere than on our pages."""

from __future__ import annotations

from typing import Annotated, Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from ninja import Router, Schema, Status
from ninja.errors import HttpError, ValidationError
from pydantic import ConfigDict, Field, StringConstraints

from notifications.api.authentication import must_not_ask_too_often
from notifications.api.errors import BODY_PROBLEMS, or_problem
from notifications.api.values import NO_NUL, Name
from notifications.credentials import sessions, throttles, tokens
from notifications.credentials.origins import canonical, is_same, is_trusted
from notifications.models import ApiKey

Origin = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=NO_NUL)]

router = Router(tags=["Tokens"])


class TokenIn(Schema):
    """With an API key: ``user``. With a session: nothing, or ``origins``."""

    model_config = ConfigDict(extra="forbid")

    user: Name | None = Field(None, description="Whose inbox; only with an API key.")
    origins: list[Origin] | None = Field(
        None,
        max_length=20,
        description="Where it may be used in a browser; only with a session. Our own origin and "
        "trusted ones are allowed, our own is the default. An API key has a list of its own.",
    )


class TokenOut(Schema):
    token: str
    expires_in: int = Field(description="Seconds.", examples=[600])


@router.post(
    "",
    response=or_problem(TokenOut, *BODY_PROBLEMS, status=201),
    summary="Make an access token",
)
def make_token(request: HttpRequest, asked: TokenIn | None = None) -> Any:
    """Access to one user's inbox for some minutes.

    With a session cookie (and the CSRF token) for oneself; with an API key that has the scope
    `tokens` for any active user, which is how an application shows the bell to its own users. It
    ends with the session or the key that made it, and with the user's password.
    """
    asked = asked or TokenIn(user=None, origins=None)
    if isinstance(request.auth, ApiKey):  # type: ignore[attr-defined]
        token, expires_in = _by_key(request.auth, asked)  # type: ignore[attr-defined]
    else:
        token, expires_in = _by_session(request, asked)
    return Status(201, {"token": token, "expires_in": expires_in})


def _by_key(key: ApiKey, asked: TokenIn) -> tuple[str, int]:
    if asked.user is None:
        raise _invalid("user", "An API key says for whom.")
    if asked.origins is not None:
        raise _invalid("origins", "The origins are those of the API key.")
    # As signing in reads it.
    model: Any = get_user_model()
    username = model.normalize_username(asked.user)
    must_not_ask_too_often(throttles.tokens, f"{key.identity} for {username}")
    user = model._default_manager.filter(**{model.USERNAME_FIELD: username}).first()
    if user is None or not user.is_active:
        raise _invalid("user", f"Unknown user: {asked.user!r}.")
    return tokens.issue(user, origins=key.origins, api_key=key)


def _by_session(request: HttpRequest, asked: TokenIn) -> tuple[str, int]:
    if asked.user is not None:
        raise _invalid("user", "A session makes tokens for its own user; leave this out.")
    must_not_ask_too_often(throttles.tokens, f"user:{request.user.pk}")
    origins = [_own(request)] if asked.origins is None else asked.origins
    for origin in origins:
        if not _is_allowed(request, origin):
            raise _invalid("origins", f"{origin!r} is neither our own origin nor a trusted one.")
    (session,) = sessions.finder().logins_of([request.session.session_key or ""])
    if session is None or session.user.pk != request.user.pk:
        # Signed out while this request was under way.
        raise HttpError(401, "Sign in first.")
    return tokens.issue(session.user, origins=origins, session=session)


def _own(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _is_allowed(request: HttpRequest, origin: str) -> bool:
    if canonical(origin) is None or "*" in origin:
        return False
    return is_same(origin, str(request.scheme), request.get_host()) or is_trusted(origin)


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(
        [{"type": "value_error", "loc": ("body", "asked", field), "msg": message}]
    )
