"""A connection as Django reads it: cookies, host, scheme and all else as a page would see them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest

# In a scope: what was read of it before.
_READ = "notifications.request"
_SCHEMES = {"ws": "http", "wss": "https"}


def request_of(scope: dict[str, Any]) -> ASGIRequest:
    """The request that opens a connection, of HTTP or of a WebSocket.

    Its body is empty. It is made once for a scope and those that are copied from it.
    """
    if _READ not in scope:
        scheme = scope.get("scheme", "http")
        scope[_READ] = ASGIRequest(
            {
                **scope,
                "method": scope.get("method", "GET"),
                "scheme": _SCHEMES.get(scheme, scheme),
                # Each consumer reads its own; Django would refuse the whole for a byte of it.
                "query_string": b"",
            },
            BytesIO(),
        )
    request: ASGIRequest = scope[_READ]
    return request


def forget(scope: dict[str, Any]) -> None:
    """Keep nothing of what was read: a stream is open for an hour, and asks no more."""
    scope.pop(_READ, None)


def host_of(request: ASGIRequest) -> str | None:
    """The host that a request names, if it is one of ours (ALLOWED_HOSTS)."""
    try:
        return request.get_host()
    except SuspiciousOperation:
        return None
