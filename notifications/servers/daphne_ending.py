"""What Daphne does before it ends: it would cut off all requests, and all who have just come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from daphne.http_protocol import WebRequest
from twisted.internet import reactor as twisteds

from notifications.servers import accepting, daphne_http

# Twisted declares the module, which is replaced by the reactor.
reactor: Any = twisteds
# What a request is given to be answered.
_ANSWERED_S = 5.0
_LOOK_S = 0.01


async def answer_the_last(ports: Iterable[Any], connections: dict[Any, dict[str, Any]]) -> None:
    """Listen no longer, and wait until all who have come are answered, or there is no more time.

    Args:
    ports: Twisted's, that listen.
    connections: Daphne's, by protocol.
    """
    for port in ports:
        await _close(port)
    began = time.monotonic()
    while (took_s := time.monotonic() - began) < _ANSWERED_S and (  # noqa: ASYNC110 (once)
        _are_asked(connections) or (took_s < accepting.COMES_S and _may_be_asked())
    ):
        await asyncio.sleep(_LOOK_S)


async def _close(port: Any) -> None:
    # One that Twisted was given is another process's, too, which accepts the last itself.
    listening = port.socket.dup() if port._shouldShutdown else None
    # It would shut down what is a copy of it, too.
    port._shouldShutdown = False
    await port.stopListening().asFuture(asyncio.get_running_loop())
    for last in accepting.all_from(listening) if listening else ():
        with last:
            last.settimeout(0)
            reactor.adoptStreamConnection(last.fileno(), last.family, port.factory)


def _are_asked(connections: dict[Any, dict[str, Any]]) -> bool:
    """Whether a request is not answered yet."""
    return any(
        isinstance(one, WebRequest) and "disconnected" not in details
        for one, details in connections.items()
    )


def _may_be_asked() -> bool:
    """Whether anybody is connected who might be sending a request."""
    return any(
        isinstance(getattr(one, "protocol", None), daphne_http.Channel)
        for one in reactor.getReaders()
    )
