"""`/ws/echo/`: each message comes back unchanged. It shows that WebSockets work here, or not."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from channels.exceptions import StopConsumer

from notifications.conf import conf
from notifications.consumers.base import QuietConsumer
from notifications.stream.window import TokenBucket
from notifications.wire import frames
from notifications.wire.contract import CloseCode

logger = logging.getLogger(__name__)


class EchoConsumer(QuietConsumer):
    """No login, no state; limited in size, rate and life by settings."""

    async def websocket_connect(self, _event: dict[str, Any]) -> None:
        await self.send({"type": "websocket.accept"})
        if not conf.ECHO:
            await self._end(CloseCode.NOT_ALLOWED, "The echo is turned off here.")
            return
        rate = conf.ECHO_RATE_PER_S
        self._messages = TokenBucket(rate, rate * 2, time.monotonic())
        loop = asyncio.get_running_loop()
        self._end_of_life = loop.call_later(
            conf.ECHO_LIFE_S,
            lambda: loop.create_task(self._end(CloseCode.RENEW, "An echo does not live longer.")),
        )

    async def websocket_receive(self, event: dict[str, Any]) -> None:
        text, data = event.get("text"), event.get("bytes")
        size = len(data) if data is not None else len((text or "").encode())
        if not hasattr(self, "_end_of_life"):
            return  # it has been told to go
        if size > conf.ECHO_MAX_BYTES:
            await self._end(CloseCode.PROTOCOL_VIOLATED, "That message is too large.")
        elif not self._messages.take(time.monotonic()):
            await self._end(CloseCode.RATE_LIMIT, "Too many messages.")
        else:
            await self._say({"type": "websocket.send", "text": text, "bytes": data})

    async def websocket_disconnect(self, _event: dict[str, Any]) -> None:
        self._forget()
        raise StopConsumer

    async def _end(self, code: CloseCode, reason: str) -> None:
        self._forget()
        bye = frames.bye(code, reason, 0).decode()
        await self._say({"type": "websocket.send", "text": bye})
        await self._say({"type": "websocket.close", "code": int(code), "reason": reason})

    async def _say(self, event: dict[str, Any]) -> None:
        try:
            await self.send(event)
        except Exception as error:  # noqa: BLE001 (each server has its own for a peer that has gone)
            logger.debug("An echo came too late: %r", error)

    def _forget(self) -> None:
        if hasattr(self, "_end_of_life"):
            self._end_of_life.cancel()
            del self._end_of_life
