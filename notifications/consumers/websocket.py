"""The WebSocket of an inbox: `/ws/notifications/`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

from channels.exceptions import StopConsumer

from notifications.consumers import admission
from notifications.consumers.admission import Refusal
from notifications.consumers.base import StreamConsumer
from notifications.consumers.stream_connection import Say, StreamConnection
from notifications.consumers.transports import SocketTransport, Transport, transport_of
from notifications.process import supervisor
from notifications.stream.inbox_stream import InboxStream
from notifications.stream.messages import Action, Send
from notifications.wire import contract, frames
from notifications.wire.frames import BadFrame, Cursor


class NotificationConsumer(StreamConsumer):
    """One socket of one signed-in user."""

    transport: SocketTransport | None
    connection: StreamConnection[InboxStream] | None

    def voice(self, transport: SocketTransport) -> Say:  # type: ignore[override]
        # Nothing between a delivery and its socket.
        return transport.send

    def say_together(self, sends: Sequence[Send]) -> None:
        assert self.transport is not None  # noqa: S101 (set before there is anything to say)
        self.transport.send_together([send.frame for send in sends])

    async def websocket_connect(self, _event: dict[str, Any]) -> None:
        chosen = _chosen(self.scope["subprotocols"])
        # Before any close: a browser never sees the code of a handshake that is refused.
        await self.send({"type": "websocket.accept", "subprotocol": chosen})
        self.transport = transport = transport_of(self.scope, self.base_send)
        verdict = admission.admit(
            self.scope,
            knows_version=chosen in {None, contract.SUBPROTOCOL},
            what="connections were opened",
        )
        if isinstance(verdict, Refusal):
            _refuse(transport, verdict)
        else:
            self.open_stream(transport, verdict, _cursor(self.scope["query_string"]))
            # A task that waits, with all that it has passed on its way here, would be a third of
            # what a socket takes.
            if transport.listen(self.hear):
                self.is_listening = True
                raise StopConsumer

    async def websocket_receive(self, event: dict[str, Any]) -> None:
        self._hear(event)

    async def websocket_disconnect(self, event: dict[str, Any]) -> None:
        self._hear(event)
        raise StopConsumer

    def hear(self, event: dict[str, Any]) -> None:
        """What the server hands over. Never raises: a bug ends this connection, as elsewhere."""
        try:
            self._hear(event)
        except Exception as error:  # noqa: BLE001 (whoever calls would take it for the server's)
            supervisor.report("a connection", error)
            if self.connection is not None:
                supervisor.attempt("ending a connection", self.connection.fail)

    def _hear(self, event: dict[str, Any]) -> None:
        """The client has said something, or has gone."""
        connection = self.connection
        if connection is None:
            return  # refused, or at its end: nothing that it says counts
        if event["type"] == "websocket.receive":
            now = time.monotonic()
            connection.hub.perform(connection, _heard, connection.stream, event, now)
        else:
            self.close_stream()


def _heard(stream: InboxStream, event: dict[str, Any], now: float) -> list[Action]:
    try:
        frame = frames.parse(_small_text(event))
    except BadFrame as fault:
        return stream.misunderstood(fault, now)
    return stream.received(frame, now)


def _refuse(transport: Transport, refusal: Refusal) -> None:
    """End a connection that gets no stream."""
    transport.send(frames.bye(refusal.code, refusal.reason, refusal.after_ms))
    transport.close(refusal.code, refusal.reason)


def _chosen(offered: list[str]) -> str | None:
    """Our version, else the first of its family, so that a `bye` can be said; None: none came."""
    if contract.SUBPROTOCOL in offered:
        return contract.SUBPROTOCOL
    family = (name for name in offered if name.startswith(contract.SUBPROTOCOL_FAMILY))
    return next(family, None)


def _small_text(event: dict[str, Any]) -> str:
    text: str | None = event.get("text")
    most = contract.CLIENT_FRAME_MAX_BYTES
    content = event.get("bytes") or b"" if text is None else text
    # Characters first: a long text is not even encoded.
    if len(content) > most or (text is not None and len(text.encode()) > most):
        raise BadFrame("too_large", f"A frame has at most {most} bytes.")
    if text is None:
        raise BadFrame("binary", "Frames are text.")
    return text


def _cursor(query_string: bytes) -> Cursor | None:
    query = parse_qs(query_string.decode("latin-1"))
    return frames.cursor(query.get("epoch", [None])[0], query.get("since", [None])[0])
