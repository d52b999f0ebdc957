"""How frames reach the server: by its own transport where it offers that, else through ASGI."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from notifications.wire.contract import CloseCode

logger = logging.getLogger(__name__)

# A socket's protocol class puts its own transport here (notifications/servers/), and that of HTTP
# puts here what ends the connection at once.
EXTENSION = "notifications.transport"
ABORT = "notifications.abort"
# And what gives the head of the answer that let the socket in, once it has been sent.
HANDSHAKE = "notifications.handshake"

Event = dict[str, Any]


class Transport(Protocol):
    """Where a consumer's frames go. Neither call waits."""

    def send(self, frame: bytes) -> None: ...

    def send_together(self, frames: Sequence[bytes]) -> None:
        """Send them in this order, and in one go where the server can."""

    def close(self, code: CloseCode, reason: str) -> None: ...

    def buffered(self) -> int:
        """Bytes that were sent and that the server still holds."""

    def abort(self) -> None:
        """End the connection at once, with whatever was not sent yet."""


class SocketTransport(Transport, Protocol):
    """That of a WebSocket."""

    def send(self, frame: bytes, _revision: int | None = None, /) -> None:
        """Args: _revision: what the client holds with the frame; the frame says that itself."""

    def listen(self, heard: Callable[[Event], None]) -> bool:
        """Have each event that still comes handed to ``heard``, so that no task need wait for it.

        Returns: whether the server can do that. If so the socket stays open when its application
            has returned, until it is closed.
        """


def transport_of(scope: dict[str, Any], send: Any) -> SocketTransport:
    """The transport of the socket that ``scope`` is of."""
    direct: SocketTransport | None = scope.get("extensions", {}).get(EXTENSION)
    return direct if direct is not None else AsgiTransport(send)


class EventQueue:
    """Hands events to the server, one after the other, by a task of its own.

    The task exists only while the server makes us wait.
    """

    def __init__(self, send: Callable[[Event], Any]) -> None:
        self.bytes = 0
        self._send = send
        self._waiting: list[tuple[Event, int]] = []
        self._task: asyncio.Task[None] | None = None

    def put(self, event: Event, size_bytes: int = 0) -> None:
        self.bytes += size_bytes
        self._waiting.append((event, size_bytes))
        if self._task is None:
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._work(), context=contextvars.Context())

    def clear(self) -> None:
        self._waiting.clear()

    async def _work(self) -> None:
        try:
            while self._waiting:
                event, size_bytes = self._waiting.pop(0)
                await self._send(event)
                self.bytes -= size_bytes
        except Exception as error:  # noqa: BLE001 (each server has its own for a peer that has gone)
            logger.debug("A frame could not be sent: %r", error)
            self._waiting.clear()
        finally:
            self._task = None


class AsgiTransport:
    """A socket through ASGI alone, on any server."""

    def __init__(self, send: Callable[[Event], Any]) -> None:
        self._queue = EventQueue(send)

    def send(self, frame: bytes, _revision: int | None = None) -> None:
        self._queue.put({"type": "websocket.send", "text": frame.decode()}, len(frame))

    def send_together(self, frames: Sequence[bytes]) -> None:
        for frame in frames:
            self.send(frame)

    def close(self, code: CloseCode, reason: str) -> None:
        self._queue.put({"type": "websocket.close", "code": int(code), "reason": reason[:100]})

    def buffered(self) -> int:
        return self._queue.bytes

    def listen(self, _heard: Callable[[Event], None]) -> bool:
        return False

    def abort(self) -> None:
        self._queue.clear()
        self._queue.put({"type": "websocket.close", "code": 1000, "reason": ""})
