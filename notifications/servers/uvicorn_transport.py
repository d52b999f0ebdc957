"""Where frames go that are sent to a socket of uvicorn's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from notifications.servers.framing import framed, text_head

if TYPE_CHECKING:
    from notifications.servers.uvicorn import WebSocketProtocol


class UvicornTransport:
    """Writes to the connection without waiting; see ``consumers.transports.Transport``.

    There is one of each connection, since it knows by itself that it has closed.
    """

    __slots__ = ("_has_closed", "_protocol", "_transport", "buffered")

    def __init__(self, protocol: WebSocketProtocol) -> None:
        self._protocol: WebSocketProtocol | None = protocol
        self._transport = protocol.transport
        self._has_closed = False
        # Asked before each delivery.
        self.buffered: Callable[[], int] = protocol.transport.get_write_buffer_size

    def send(self, frame: bytes, _revision: int | None = None) -> None:
        # Wherever uvicorn says that it closes it has its transport close, too.
        if not (self._has_closed or self._transport.is_closing()):
            self._transport.write(text_head(len(frame)) + frame)

    def send_together(self, frames: Sequence[bytes]) -> None:
        if not (self._has_closed or self._transport.is_closing()):
            self._transport.write(framed(frames))

    def close(self, code: int, reason: str) -> None:
        protocol = self._protocol
        if protocol is None or self._has_closed:
            return
        if protocol.close_sent or self._transport.is_closing():
            return
        self._has_closed = True
        protocol.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        # Else the peer's own came in the same read, and waits behind what is handled now: of the
        # two, its answer is the one that is due, and the library has it ready.
        if protocol.conn.close_rcvd is None:
            protocol.conn.send_close(code, reason[:100])
        protocol.transport.write(b"".join(protocol.conn.data_to_send()))
        protocol.close_sent = True
        if protocol.read_paused:
            protocol.read_paused = False
            protocol.transport.resume_reading()
        # abort, not close: that would wait for ever for a peer which does not read.
        protocol.close_timer = protocol.loop.call_later(protocol.close_timeout, self.abort)

    def abort(self) -> None:
        self._transport.abort()

    def listen(self, heard: Callable[[dict[str, Any]], None]) -> bool:
        if self._protocol is None:
            return False  # the end waits in its queue
        self._protocol.listen(heard)
        return True

    def let_go(self) -> None:
        """The connection is lost: of its protocol nothing is needed any more."""
        self._has_closed, self._protocol = True, None
