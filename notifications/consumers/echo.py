"""`/ws/echo/`: each message comes back unchanged. It shows that WebSockets work here, or not."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from channels.exceptions import StopConsumer

from notifications.conf import conf
from notifications.consumers.base import QuietConsumer
from notifications.process import supervisor
from notifications.stream.token_bucket import TokenBucket
from notifications.wire import frames
from notifications.wire.contract import CloseCode

logger = logging.getLogger(__name__)


class EchoConsumer(QuietConsumer):
    """No login, no state; limited in size, rate and life by settings."""

    def __init__(self) -> None:
        # What it may say; None before it is let in, and once it has been told to go.
        self._messages: TokenBucket | None = None
        self._end_of_life: asyncio.TimerHandle | None = None
        self._farewell = supervisor.OnDemand("an echo's end", self._end_of_age)
        self._is_accepted = False

    async def websocket_connect(self, _event: dict[str, Any]) -> None:
        await self.send({"type": "websocket.accept"})
        self._is_accepted = True
        if not conf.ECHO:
            await self._end(CloseCode.NOT_ALLOWED, "The echo is turned off here.")
            return
        rate = conf.ECHO_RATE_PER_S
        self._messages = TokenBucket(rate, rate * 2, time.monotonic())
        loop = asyncio.get_running_loop()
        self._end_of_life = loop.call_later(conf.ECHO_LIFE_S, self._farewell.wake)

    async def websocket_receive(self, event: dict[str, Any]) -> None:
        text, data = event.get("text"), event.get("bytes")
        size = len(data) if data is not None else len((text or "").encode())
        if self._messages is None:
            return
        if size > conf.ECHO_MAX_BYTES:
            await self._end(CloseCode.PROTOCOL_VIOLATED, "That message is too large.")
        elif not self._messages.take(time.monotonic()):
            await self._end(CloseCode.RATE_LIMIT, "Too many messages.")
        else:
            await self._say({"type": "websocket.send", "text": text, "bytes": data})

    async def websocket_disconnect(self, _event: dict[str, Any]) -> None:
        self._forget()
        raise StopConsumer

    @property
    def is_accepted(self) -> bool:
        return self._is_accepted

    async def fail(self) -> None:
        await self._end(CloseCode.OVERLOADED, "The server met an error.")

    async def _end_of_age(self) -> None:
        await self._end(CloseCode.RENEW, "An echo does not live longer.")

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
        self._messages = None
        if self._end_of_life is not None:
            self._end_of_life.cancel()
            self._end_of_life = None
