"""How much Daphne reads from a socket: it would take whatever comes, and keep it for us."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from notifications.consumers.transports import Transport
from notifications.process import metrics
from notifications.push import limits
from notifications.wire.contract import CloseCode

# Messages that may wait for the application before nothing more is read.
_AHEAD_MAX = 16
# What a socket's application calls, in its scope's extensions, when it has taken a message.
TAKEN = "notifications.taken"


def limit(protocol: Any, direct: Transport) -> Callable[[], None]:
    """Read from this socket no more than a well-behaved client sends, and little at a time.

    Returns: what is to be called whenever a message was taken (``TAKEN``).
    """
    protocol.transport.bufferSize = limits.READ_BYTES
    _limit_frames(protocol)
    _limit_control_frames(protocol, direct)
    return _hold_back(protocol)


def telling(application: Any) -> Any:
    """The application, whose sockets tell what they take."""

    async def taking(scope: Any, receive: Any, send: Any) -> None:
        taken = scope.get("extensions", {}).get(TAKEN)

        async def take() -> Any:
            event = await receive()
            taken()
            return event

        await application(scope, take if taken else receive, send)

    return taking


def _limit_frames(protocol: Any) -> None:
    """Drop who sends messages in too many pieces, or goes on when we have said that it ends."""
    listening = limits.FloodGuard()
    begin = protocol.onFrameBegin

    def counted() -> None:
        is_closing = protocol.state == protocol.STATE_CLOSING
        if listening.count(protocol.current_frame.opcode, is_closing=is_closing):
            protocol.dropConnection(abort=True)
        begin()

    protocol.onFrameBegin = counted


def _limit_control_frames(protocol: Any, direct: Transport) -> None:
    """Let a socket be pinged only so often: each ping is answered, before we hear of it."""
    bucket = limits.control_frames()

    def limited(handle: Callable[[bytes], None]) -> Callable[[bytes], None]:
        def handle_some(payload: bytes) -> None:
            if bucket.take(time.monotonic()):
                handle(payload)
            elif protocol.state == protocol.STATE_OPEN:
                metrics.floods_ended.labels("control").inc()
                direct.send(limits.FLOODED)
                direct.close(CloseCode.RATE_LIMIT, "Too many control frames.")

        return handle_some

    protocol.onPing, protocol.onPong = limited(protocol.onPing), limited(protocol.onPong)


def _hold_back(protocol: Any) -> Callable[[], None]:
    """Stop reading while messages wait for the application."""
    deliver, end = protocol.onMessage, protocol.sendCloseFrame
    is_held = False

    def deliver_and_hold(payload: bytes, is_binary: bool) -> None:  # noqa: FBT001 (Autobahn's)
        nonlocal is_held
        if protocol.state != protocol.STATE_OPEN:
            return  # the application is past the end
        deliver(payload, is_binary)
        if not is_held and protocol.application_queue.qsize() >= _AHEAD_MAX:
            is_held = True
            protocol.transport.pauseProducing()

    def read_on() -> None:
        nonlocal is_held
        if is_held and protocol.application_queue.qsize() < _AHEAD_MAX:
            is_held = False
            protocol.transport.resumeProducing()

    def end_and_read_on(*args: Any, **kwargs: Any) -> None:
        nonlocal is_held
        end(*args, **kwargs)
        if is_held:
            is_held = False
            protocol.transport.resumeProducing()  # the answer comes after all that was sent before

    protocol.onMessage, protocol.sendCloseFrame = deliver_and_hold, end_and_read_on
    return read_on
