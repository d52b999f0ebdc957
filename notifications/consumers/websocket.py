"""The WebSocket of an inbox: `/ws/notifications/`."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs

from channels.exceptions import StopConsumer

from notifications.consumers.base import StreamConsumer, tell_refusal
from notifications.consumers.transports import transport_of
from notifications.process import metrics
from notifications.push import drain, hub, limits
from notifications.stream.inbox_stream import InboxStream
from notifications.stream.messages import Action
from notifications.wire import contract, frames
from notifications.wire.contract import CloseCode
from notifications.wire.frames import BadFrame, Cursor

# Until some have left, maybe.
_FULL_RETRY_MS = 5000


class NotificationConsumer(StreamConsumer):
    """One socket of one signed-in user."""

    stream: InboxStream

    async def websocket_connect(self, _event: dict[str, Any]) -> None:
        chosen = _chosen(self.scope["subprotocols"])
        # Before any close: a browser never sees the code of a handshake that is refused.
        await self.send({"type": "websocket.accept", "subprotocol": chosen})
        self.transport = transport_of(self.scope, self.base_send)
        user = self.scope.get("user")
        if hub.current().is_draining:
            self.refuse(CloseCode.RESTART, drain.REASON, drain.refused_after_ms())
        elif chosen not in {None, contract.SUBPROTOCOL}:
            self.refuse(CloseCode.VERSION, "No version of the protocol that we know was offered.")
        elif wait_s := self.scope.get("wait_s"):
            metrics.connections_refused.labels("rate").inc()
            reason = "Too many connections were opened from this address."
            self.refuse(CloseCode.RATE_LIMIT, reason, after_ms=wait_s * 1000)
        elif self.scope.get("lookup_failed"):
            self.refuse(CloseCode.OVERLOADED, "The database does not answer.", after_ms=2000)
        elif self.scope.get("origin_refused"):
            self.refuse(CloseCode.NOT_ALLOWED, "This token may not be used from that origin.")
        elif user is None or not user.is_authenticated:
            self.refuse(CloseCode.SIGNED_OUT, "Sign in first.")
        elif hub.current().connection_counter.is_full():
            self.refuse(CloseCode.OVERLOADED, limits.FULL, after_ms=_FULL_RETRY_MS)
        elif too_many := self.refusal(user.pk):
            self.refuse(CloseCode.TOO_MANY_CONNECTIONS, too_many)
        else:
            self.open_stream(user.pk, _cursor(self.scope["query_string"]))

    async def websocket_receive(self, event: dict[str, Any]) -> None:
        if not hasattr(self, "stream"):
            return  # refused: nothing that it says counts
        self.hub.perform(self, self._heard, event, time.monotonic())

    def _heard(self, event: dict[str, Any], now: float) -> list[Action]:
        try:
            frame = frames.parse(_small_text(event))
        except BadFrame as fault:
            return self.stream.misunderstood(fault, now)
        return self.stream.received(frame, now)

    async def websocket_disconnect(self, _event: dict[str, Any]) -> None:
        self.close_stream()
        raise StopConsumer

    def refuse(self, code: CloseCode, reason: str, after_ms: int = 0) -> None:
        """End the connection before it has a stream."""
        tell_refusal(reason)
        self.transport.send(frames.bye(code, reason, after_ms))
        self.transport.close(code, reason)


def _chosen(offered: list[str]) -> str | None:
    """Our version, else the first of its family, so that a `bye` can be said; None: none came."""
    if contract.SUBPROTOCOL in offered:
        return contract.SUBPROTOCOL
    family = (name for name in offered if name.startswith(contract.SUBPROTOCOL_FAMILY))
    return next(family, None)


def _small_text(event: dict[str, Any]) -> str:
    text: str | None = event.get("text")
    most = contract.CLIENT_FRAME_MAX_BYTES
    said = event.get("bytes") or b"" if text is None else text
    # Characters first: a long text is not even encoded.
    if len(said) > most or (text is not None and len(text.encode()) > most):
        raise BadFrame("too_large", f"A frame has at most {most} bytes.")
    if text is None:
        raise BadFrame("binary", "Frames are text.")
    return text


def _cursor(query_string: bytes) -> Cursor | None:
    query = parse_qs(query_string.decode("latin-1"))
    return frames.cursor(query.get("epoch", [None])[0], query.get("since", [None])[0])
