"""ASGI: who may open a socket or a stream, and who opens it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http.request import split_domain_port, validate_host

from accounts.logins import Login

logger = logging.getLogger(__name__)

Application = Callable[[Any, Any, Any], Awaitable[Any]]
Origin = tuple[str, str, int]


async def refuse_handshake(_scope: Any, receive: Any, send: Any) -> None:
    """Refuse a socket before it is accepted, which is a 403."""
    await receive()
    await send({"type": "websocket.close"})


def origin_guard(
    application: Application, *, anyone: bool = False, refusal: Application = refuse_handshake
) -> Application:
    """Refuse what another site's page asks for.

    A browser sends cookies from any page, and says with a handshake in Origin which one it is. Host
    and Origin must be ours, in scheme, host and port, or the origin one of CSRF_TRUSTED_ORIGINS.

    Args: anyone: let a socket open that sends no Origin. refusal: what answers instead.
    """

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        chosen = application if is_allowed(scope, anyone=anyone) else refusal
        await chosen(scope, receive, send)

    return guarded


def is_allowed(scope: dict[str, Any], *, anyone: bool) -> bool:
    """Whether Host and Origin of a handshake or request are as they must be."""
    hosts, origins = _headers(scope, b"host"), _headers(scope, b"origin")
    if len(hosts) != 1 or len(origins) > 1:
        return False
    domain, _port = split_domain_port(hosts[0])
    if not domain or not validate_host(domain, _allowed_hosts()):
        return False
    if origins:
        return _is_same(origins[0], _scheme(scope), hosts[0]) or _is_trusted(origins[0])
    return _is_fetched_here(scope) if scope["type"] == "http" else anyone


def _is_fetched_here(scope: dict[str, Any]) -> bool:
    """A GET of our own page has no Origin, but a browser says whose page asks.

    What says neither is no browser, or one so old that other sites cannot read what it gets.
    """
    return set(_headers(scope, b"sec-fetch-site")) <= {"same-origin", "none"}


def _allowed_hosts() -> list[str]:
    if settings.DEBUG and not settings.ALLOWED_HOSTS:
        return [".localhost", "127.0.0.1", "[::1]"]
    return list(settings.ALLOWED_HOSTS)


def _headers(scope: dict[str, Any], name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def _scheme(scope: dict[str, Any]) -> str:
    if settings.SECURE_PROXY_SSL_HEADER:
        name, secure = settings.SECURE_PROXY_SSL_HEADER
        header = name.removeprefix("HTTP_").replace("_", "-").lower().encode()
        return "https" if _headers(scope, header) == [secure] else "http"
    return "https" if scope.get("scheme") in {"wss", "https"} else "http"


def _is_same(origin: str, scheme: str, host: str) -> bool:
    canonical = _canonical(origin)
    return canonical is not None and canonical == _canonical(f"{scheme}://{host}")


def _is_trusted(origin: str) -> bool:
    canonical = _canonical(origin)
    if canonical is None:
        return False
    return any(
        _matches(canonical, _canonical(trusted)) for trusted in settings.CSRF_TRUSTED_ORIGINS
    )


def _matches(origin: Origin, trusted: Origin | None) -> bool:
    if trusted is None or (origin[0], origin[2]) != (trusted[0], trusted[2]):
        return False
    # As Django has it: https://*.example.com stands for every subdomain.
    return origin[1] == trusted[1] or ("*" in trusted[1] and fnmatchcase(origin[1], trusted[1]))


def _canonical(origin: str) -> Origin | None:
    """Scheme, host and port; None for what is no origin, such as ``null``."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    if parts.path or parts.query or parts.fragment:
        return None
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)


def sign_in_by_session(
    application: Application, find: Callable[[str], Awaitable[Login | None]]
) -> Application:
    """Put the user whose session cookie came into the scope, as ``scope["user"]``.

    Args: find: who is signed in by a session key; it may answer many at once.
    """

    async def signed_in(scope: Any, receive: Any, send: Any) -> None:
        login = None
        if key := _session_key(scope):
            try:
                login = await find(key)
            except Exception as error:  # noqa: BLE001 (whatever the database says, it said no user)
                logger.warning("A session could not be looked up: %s", str(error).strip())
                scope = {**scope, "lookup_failed": True}
        user = login.user if login else AnonymousUser()
        await application({**scope, "user": user, "login": login}, receive, send)

    return signed_in


def _session_key(scope: dict[str, Any]) -> str | None:
    cookies: SimpleCookie = SimpleCookie()
    for header in _headers(scope, b"cookie"):
        try:
            cookies.load(header)
        except CookieError:
            continue
    morsel = cookies.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else None
