"""ASGI: who may open a socket or a stream, and who opens it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from notifications.credentials import cors, sessions, visitor
from notifications.credentials.logins import Login
from notifications.credentials.origins import is_listed, is_same, is_trusted
from notifications.credentials.scopes import forget, host_of, request_of
from notifications.credentials.throttles import address_of_scope
from notifications.credentials.visitor import Visitor
from notifications.process import metrics, outages
from notifications.process.log_limits import once_a_minute
from notifications.wire import places

logger = logging.getLogger(__name__)

Application = Callable[[Any, Any, Any], Awaitable[Any]]
Find = Callable[[str], Awaitable[Login | None]]

# Who has waited so long is told that we are busy, before servers and clients give the handshake up.
_LOOKUP_S = 3
# A socket's token, beside the protocol's name: a browser lets a page set no header there.
TOKEN_SUBPROTOCOL = "token."  # noqa: S105 (a prefix)


async def refuse_handshake(_scope: Any, receive: Any, send: Any) -> None:
    """Refuse a socket before it is accepted, which is a 403."""
    await receive()
    await send({"type": "websocket.close"})


def origin_guard(
    application: Application,
    *,
    anyone: bool = False,
    tokens: bool = False,
    refusal: Application = refuse_handshake,
) -> Application:
    """Refuse what another site's page asks for.

    A browser sends cookies from any page, and says with a handshake in Origin which one it is. Host
    and Origin must be ours, in scheme, host and port, or the origin one of CSRF_TRUSTED_ORIGINS.

    Args: anyone: let a socket open that sends no Origin. tokens: let through what comes with a
        token, be it good or not: no cookie counts beside it (``sign_in``), and it knows where it
        may be used. refusal: what answers instead.
    """

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            send = cors.refusals_readable(scope, send)
        if is_allowed(scope, anyone=anyone, tokens=tokens):
            await application(scope, receive, send)
            return
        _tell_refusal(scope)
        await refusal(scope, receive, send)

    return guarded


def _tell_refusal(scope: dict[str, Any]) -> None:
    request = request_of(scope)
    is_ours = host_of(request) is not None
    cause = "Origin" if is_ours else "Host"
    metrics.connections_refused.labels(cause.lower()).inc()
    once_a_minute(
        logger,
        logging.INFO,
        cause,
        "A connection was refused for its %s (Host %r, Origin %r); see %s.",
        cause,
        request.headers.get("Host", ""),
        request.headers.get("Origin", ""),
        "CSRF_TRUSTED_ORIGINS" if is_ours else "ALLOWED_HOSTS",
    )


def is_allowed(scope: dict[str, Any], *, anyone: bool, tokens: bool = False) -> bool:
    """Whether Host and Origin of a handshake or request are as they must be."""
    request = request_of(scope)
    # Not by `request.headers`, which is made of all of them first.
    host, origin = host_of(request), request.META.get("HTTP_ORIGIN")
    if host is None:
        return False
    if tokens and token_of(scope) is not None:
        return True
    if origin is not None:
        return is_same(origin, str(request.scheme), host) or is_trusted(origin)
    return _is_fetched_here(request) if scope["type"] == "http" else anyone


def _is_fetched_here(request: HttpRequest) -> bool:
    """A GET of our own page has no Origin, but a browser says whose page asks.

    What says neither is no browser, or one so old that other sites cannot read what it gets.
    """
    return request.headers.get("Sec-Fetch-Site", "none") in {"same-origin", "none"}


def sign_in(
    application: Application,
    find_session: Find,
    find_token: Find,
    find_inbox: Callable[[Any], Awaitable[int | None]],
    wait_s: Callable[[str], int] = lambda _: 0,
) -> Application:
    """Put who opens a connection into its scope, by the token or the session cookie that came.

    A token beats a cookie, also one that is refused: then it is nobody. The scope of a socket or
    of an HTTP request gets a ``Visitor``. To an HTTP request of a token's own origin the answer
    lets that origin read it (CORS).

    Args: find_session, find_token, find_inbox: whose login a session's key, or a token, is, and
        which inbox is a user's; they may answer many at once. wait_s: notes that an address has
        come, and says how long it has to wait.
    """

    async def signed_in(scope: Any, receive: Any, send: Any) -> None:
        token, key, outcome = token_of(scope), _session_key(scope), _nobody()
        # A server on a Unix socket may not know where anybody comes from.
        outcome["wait_s"] = wait_s(address_of_scope(scope)) if scope.get("client") else 0
        if not outcome["wait_s"]:
            if token is not None:
                outcome |= await _look_up("login", find_token, token)
            elif key:
                outcome |= await _look_up("login", find_session, key)
        login, origin = outcome["login"], request_of(scope).META.get("HTTP_ORIGIN")
        if login is not None and token is not None and origin is not None:
            if not is_listed(origin, login.origins):
                outcome |= {"login": None, "origin_refused": True}
            elif scope["type"] == "http":
                send = _readable_from(origin, send)
        user = outcome["login"].user if outcome["login"] else AnonymousUser()
        if outcome["login"]:
            outcome |= await _look_up("inbox_id", find_inbox, user.pk)
        forget(scope)
        await application(visitor.put(scope, Visitor(user=user, **outcome)), receive, send)

    return signed_in


def _nobody() -> dict[str, Any]:
    came_at = time.monotonic()
    return {"login": None, "origin_refused": False, "lookup_failed": False, "came_at": came_at}


async def _look_up(what: str, find: Callable[[Any], Awaitable[Any]], by: Any) -> dict[str, Any]:
    """What is known by a token, a session's key or a user's, of what a scope gets."""
    try:
        # A future that is too late is cancelled, so that nobody looks for it any more.
        async with asyncio.timeout(_LOOKUP_S):
            return {what: await find(by)}
    except TimeoutError:
        # Too many come at once: told to come back, the client frees its place in the queue.
        once_a_minute(
            logger, logging.INFO, "busy", "Logins took more than %s s to look up.", _LOOKUP_S
        )
    except Exception as error:  # noqa: BLE001 (whatever the database says, it said no user)
        outages.tell(logger, error, "A login could not be looked up")
    return {"lookup_failed": True}


def token_of(scope: dict[str, Any]) -> str | None:
    """The token that a connection comes with, whatever it is worth."""
    if scope["type"] == "websocket":
        for name in scope.get("subprotocols", ()):
            if name.startswith(TOKEN_SUBPROTOCOL):
                return str(name.removeprefix(TOKEN_SUBPROTOCOL))
        return None
    scheme, _, rest = request_of(scope).headers.get("Authorization", "").partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else None


def caller_of(scope: dict[str, Any]) -> str | None:
    """By what a request says whose it is, true or not: a key or token, or a session's cookie."""
    bearer, session = token_of(scope), _session_key(scope)
    # Only the API reads the header: beside a page's cookie it could be any.
    if bearer is not None and (session is None or places.is_of_api(places.path_of(scope))):
        return f"bearer:{bearer}"
    return f"session:{session}" if session else None


def _readable_from(origin: str, send: Any) -> Any:
    allowed = cors.headers_for(origin)

    async def sending(event: Any) -> None:
        if event["type"] == "http.response.start":
            event = {**event, "headers": [*event.get("headers", ()), *allowed]}
        await send(event)

    return sending


def _session_key(scope: dict[str, Any]) -> str | None:
    key = request_of(scope).COOKIES.get(settings.SESSION_COOKIE_NAME)
    return key if key is not None and sessions.finder().is_key(key) else None
