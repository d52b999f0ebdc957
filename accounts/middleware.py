"""ASGI: who may open a socket or a stream, and who opens it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http.request import split_domain_port, validate_host

from accounts.api_middleware import API_PREFIX
from accounts.logins import Login
from accounts.origins import is_listed, is_same, is_trusted
from accounts.throttle import address_of_scope

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
        chosen = application if is_allowed(scope, anyone=anyone, tokens=tokens) else refusal
        await chosen(scope, receive, send)

    return guarded


def is_allowed(scope: dict[str, Any], *, anyone: bool, tokens: bool = False) -> bool:
    """Whether Host and Origin of a handshake or request are as they must be."""
    hosts, origins = _headers(scope, b"host"), _headers(scope, b"origin")
    if len(hosts) != 1 or len(origins) > 1:
        return False
    domain, _port = split_domain_port(hosts[0])
    if not domain or not validate_host(domain, _allowed_hosts()):
        return False
    if tokens and token_of(scope) is not None:
        return True
    if origins:
        return is_same(origins[0], _scheme(scope), hosts[0]) or is_trusted(origins[0])
    return _is_fetched_here(scope) if scope["type"] == "http" else anyone


def _is_fetched_here(scope: dict[str, Any]) -> bool:
    """A GET of our own page has no Origin, but a browser says whose page asks.

    What says neither is no browser, or one so old that other sites cannot read what it gets.
    """
    return set(_headers(scope, b"sec-fetch-site")) <= {"same-origin", "none"}


def sign_in(
    application: Application,
    find_session: Find,
    find_token: Find,
    wait_s: Callable[[str], int] = lambda _: 0,
) -> Application:
    """Put who opens a connection into its scope, by the token or the session cookie that came.

    A token beats a cookie, also one that is refused: then it is nobody. The scope of a socket or
    of an HTTP request gets

    - ``user``: the user, or an ``AnonymousUser``;
    - ``login``: the ``Login``, or None;
    - ``origin_refused``: the token is good, but not where it came from;
    - ``lookup_failed``: the database did not answer, so it is not known who it is;
    - ``wait_s``: the seconds after which it may come again, where it came too often: then it is
      nobody, and nothing was looked up.

    To an HTTP request of a token's own origin the answer lets that origin read it (CORS).

    Args: find_session, find_token: whose login a session's key, or a token, is; they may answer
        many at once. wait_s: notes that an address has come, and says how long it has to wait.
    """

    async def signed_in(scope: Any, receive: Any, send: Any) -> None:
        token, key = token_of(scope), _session_key(scope)
        found: dict[str, Any] = {
            "login": None,
            "origin_refused": False,
            "lookup_failed": False,
            # A server on a Unix socket may not know where anybody comes from.
            "wait_s": wait_s(address_of_scope(scope)) if scope.get("client") else 0,
        }
        try:
            if found["wait_s"]:
                pass
            elif token is not None:
                found["login"] = await _in_time(find_token(token))
            elif key:
                found["login"] = await _in_time(find_session(key))
        except TimeoutError:
            # Too many come at once: told to come back, the client frees its place in the queue.
            found["lookup_failed"] = True
        except Exception as error:  # noqa: BLE001 (whatever the database says, it said no user)
            logger.warning("A login could not be looked up: %s", str(error).strip())
            found["lookup_failed"] = True
        login, origin = found["login"], _origin(scope)
        if login is not None and token is not None and origin is not None:
            if not is_listed(origin, login.origins):
                found |= {"login": None, "origin_refused": True}
            elif scope["type"] == "http":
                send = _readable_from(origin, send)
        user = found["login"].user if found["login"] else AnonymousUser()
        await application({**scope, **found, "user": user}, receive, send)

    return signed_in


async def _in_time(answer: Awaitable[Login | None]) -> Login | None:
    """The answer; a future that is too late is cancelled, so that nobody looks for it any more.

    Raises: TimeoutError
    """
    async with asyncio.timeout(_LOOKUP_S):
        return await answer


def token_of(scope: dict[str, Any]) -> str | None:
    """The token that a connection comes with, whatever it is worth."""
    if scope["type"] == "websocket":
        for name in scope.get("subprotocols", ()):
            if name.startswith(TOKEN_SUBPROTOCOL):
                return str(name.removeprefix(TOKEN_SUBPROTOCOL))
        return None
    for header in _headers(scope, b"authorization"):
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "bearer":
            return rest.strip()
    return None


def caller_of(scope: dict[str, Any]) -> str | None:
    """By what a request says whose it is, true or not: a key or token, or a session's cookie."""
    bearer, session = token_of(scope), _session_key(scope)
    # Only the API reads the header: beside a page's cookie it could be any.
    if bearer is not None and (session is None or API_PREFIX in scope["path"]):
        return f"bearer:{bearer}"
    return f"session:{session}" if session else None


def _readable_from(origin: str, send: Any) -> Any:
    allowed = [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")]

    async def sending(event: Any) -> None:
        if event["type"] == "http.response.start":
            event = {**event, "headers": [*event.get("headers", ()), *allowed]}
        await send(event)

    return sending


def _allowed_hosts() -> list[str]:
    if settings.DEBUG and not settings.ALLOWED_HOSTS:
        return [".localhost", "127.0.0.1", "[::1]"]
    return list(settings.ALLOWED_HOSTS)


def _headers(scope: dict[str, Any], name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def _origin(scope: dict[str, Any]) -> str | None:
    # Of two of them neither counts: together they are on no list.
    return ", ".join(_headers(scope, b"origin")) or None


def _scheme(scope: dict[str, Any]) -> str:
    if settings.SECURE_PROXY_SSL_HEADER:
        name, secure = settings.SECURE_PROXY_SSL_HEADER
        header = name.removeprefix("HTTP_").replace("_", "-").lower().encode()
        return "https" if _headers(scope, header) == [secure] else "http"
    return "https" if scope.get("scheme") in {"wss", "https"} else "http"


def _session_key(scope: dict[str, Any]) -> str | None:
    cookies: SimpleCookie = SimpleCookie()
    for header in _headers(scope, b"cookie"):
        try:
            cookies.load(header)
        except CookieError:
            continue
    morsel = cookies.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else None
