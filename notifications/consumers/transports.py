"""How frames reach the server: by its own transport where it offers that, else through ASGI."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable
from typing import Any, Protocol

logger = logging.getLogger(__name__)

# The server's protocol class puts its own transport here (config/server.py).
EXTENSION = "notifications.transport"


class Transport(Protocol):
    """Where a consumer's frames go. Neither call waits."""

    def send(self, frame: bytes) -> None: ...

    def close(self, code: int, reason: str) -> None: ...

    def buffered(self) -> int:
        """Bytes that were sent and that the server still holds."""

    def abort(self) -> None:
        """End the connection at once, with whatever was not sent yet."""


def transport_of(scope: dict[str, Any], send: Any) -> Transport:
    """The transport of the connection that ``scope`` is of."""
    direct: Transport | None = scope.get("extensions", {}).get(EXTENSION)
    return direct if direct is not None else AsgiTransport(send)


class AsgiTransport:
    """Sends through ASGI alone, on any server: one frame after the other, by a task of its own.

    The task exists only while the server makes us wait.
    """

    def __init__(self, send: Callable[[dict[str, Any]], Any]) -> None:
        self._send = send
        self._waiting: list[dict[str, Any]] = []
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None

    def send(self, frame: bytes) -> None:
        self._bytes += len(frame)
        self._put({"type": "websocket.send", "text": frame.decode()})

    def close(self, code: int, reason: str) -> None:
        self._put({"type": "websocket.close", "code": int(code), "reason": reason[:100]})

    def buffered(self) -> int:
        return self._bytes

    def abort(self) -> None:
        self._waiting.clear()
        self.close(1000, "")

    def _put(self, event: dict[str, Any]) -> None:
        self._waiting.append(event)
        if self._task is None:
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._work(), context=contextvars.Context())

    async def _work(self) -> None:
        try:
            while self._waiting:
                event = self._waiting.pop(0)
                await self._send(event)
                self._bytes -= len(event.get("text") or "")
        except Exception as error:  # noqa: BLE001 (each server has its own for a peer that has gone)
            logger.debug("A frame could not be sent: %r", error)
            self._waiting.clear()
        finally:
            self._task = None
