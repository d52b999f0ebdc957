"""`/ws/dashboard/`: the live dashboard's figures, once a second, for staff that may see them."""

from __future__ import annotations

import logging
import time
from typing import Any

from channels.exceptions import StopConsumer

from notifications.consumers.base import QuietConsumer
from notifications.consumers.transports import Transport, transport_of
from notifications.credentials import visitor
from notifications.dashboard import access, watch
from notifications.process import outages
from notifications.push import runtime
from notifications.push.batching import in_thread
from notifications.stream.token_bucket import TokenBucket
from notifications.wire.contract import CloseCode

logger = logging.getLogger(__name__)

# Who does not read so much is cut off; what is old is of no use to them.
_BUFFER_MAX_BYTES = 256 * 1024
# Nothing is asked of it, so little may be said.
_FRAMES_PER_S, _FRAMES_BURST = 1, 20


class DashboardConsumer(QuietConsumer):
    """One page that looks; it is told, and never asked. A ``watch.Viewer``."""

    def __init__(self) -> None:
        self.session_key = ""
        self._transport: Transport | None = None
        self._frames = TokenBucket(_FRAMES_PER_S, _FRAMES_BURST, time.monotonic())

    async def websocket_connect(self, _event: dict[str, Any]) -> None:
        # Before any close: a browser never sees the code of a handshake that is refused.
        await self.send({"type": "websocket.accept"})
        self._transport = transport_of(self.scope, self.base_send)
        refusal = await self._refusal()
        if refusal is not None:
            self.end(*refusal)
        else:
            watch.current().add(self)

    async def _refusal(self) -> tuple[CloseCode, str] | None:
        """Why this one may not look."""
        known = visitor.of(self.scope)
        if runtime.current().is_draining:
            return CloseCode.RESTART, "This server is about to end."
        if known.wait_s or known.lookup_failed or watch.current().is_full():
            return CloseCode.OVERLOADED, "Too much is asked just now."
        by = known.login
        if by is None or by.session_key is None or by.token_id is not None:
            return CloseCode.SIGNED_OUT, "Sign in first."
        try:
            may = await in_thread(access.may_watch, known.user)
        except Exception as error:  # noqa: BLE001 (whatever the database says, it said no yes)
            outages.tell(logger, error, "A permission could not be looked up")
            return CloseCode.OVERLOADED, "The database does not answer."
        if not may:
            return CloseCode.NOT_ALLOWED, "You may not watch this."
        self.session_key = by.session_key
        return None

    async def websocket_receive(self, _event: dict[str, Any]) -> None:
        if not self._frames.take(time.monotonic()):
            self.end(CloseCode.RATE_LIMIT, "Too many messages.")

    async def websocket_disconnect(self, _event: dict[str, Any]) -> None:
        watch.current().remove(self)
        raise StopConsumer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # A server that shuts down may never say `disconnect`.
            watch.current().remove(self)

    def show(self, frame: bytes) -> None:
        """Send the figures."""
        assert self._transport is not None  # noqa: S101 (accepted)
        if self._transport.buffered() > _BUFFER_MAX_BYTES:
            watch.current().remove(self)
            self._transport.abort()
        else:
            self._transport.send(frame)

    def end(self, code: CloseCode, reason: str) -> None:
        """Say why, and end it."""
        watch.current().remove(self)
        if self._transport is not None:
            self._transport.close(code, reason)

    @property
    def is_accepted(self) -> bool:
        return self._transport is not None

    async def fail(self) -> None:
        self.end(CloseCode.OVERLOADED, "The server met an error.")
