"""Who comes by a Unix socket is the proxy: what it says of its client is believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

Application = Callable[[Any, Any, Any], Any]

# Stands for such a peer while its headers are read; no address is written so.
_PEER = "unix"


def believed(application: Application, trusted: str | Sequence[str]) -> Application:
    """uvicorn believes peers by their addresses (``trusted``), and a Unix socket has none.

    The address of the client is what the proxy says, by the rules that hold for any other proxy:
    the last that is not of a proxy we trust. Where it says nothing, there is none.
    """
    known = trusted.split(",") if isinstance(trusted, str) else trusted
    return application if "*" in known else _believing(application, tuple(known))


# Once for all connections of a server: each asks.
@lru_cache(maxsize=8)
def _believing(application: Application, known: tuple[str, ...]) -> Application:
    async def told(scope: Any, receive: Any, send: Any) -> None:
        if scope["client"] == (_PEER, 0):
            scope["client"] = None
        await application(scope, receive, send)

    believing: Any = ProxyHeadersMiddleware(told, [*(address.strip() for address in known), _PEER])

    async def come(scope: Any, receive: Any, send: Any) -> None:
        if scope.get("client") is not None:
            await application(scope, receive, send)
            return
        scope["client"] = (_PEER, 0)
        await believing(scope, receive, send)

    return come
