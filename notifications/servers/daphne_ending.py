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
# What a request that is on its way is given to come, and what it is given to be answered.
_COMES_S, _ANSWERED_S = 0.5, 5.0
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
        _are_asked(connections) or (took_s < _COMES_S and _may_be_asked())
    ):
        await asyncio.sleep(_LOOK_S)


async def _close(port: Any) -> None:
    # Twisted's name for one that it has not been given by another process, which has it still.
    is_own = port._shouldShutdown
    listening = port.socket.dup()
    # It would shut down what is a copy of it, too.
    port._shouldShutdown = False
    await port.stopListening().asFuture(asyncio.get_running_loop())
    if not is_own:
        listening.close()
        return
    # The kernel would reset them, with what they have sent: a proxy takes that for a failure, and
    # asks nobody else what must not be asked twice.
    for last in accepting.all_from(listening):
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
