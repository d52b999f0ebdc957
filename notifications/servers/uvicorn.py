"""uvicorn: ``--ws notifications.servers.uvicorn:WebSocketProtocol``."""

from __future__ import annotations

from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from notifications.consumers.transports import EXTENSION
from notifications.servers.framing import text_head


class _Protocol(ServerProtocol):
    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            # A close may come amid the fragments of a message (RFC 6455, section 5.4); the library
            # takes it for a violation.
            self.current_size = None
        super().recv_frame(frame)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, with its transport in the scope's extensions."""

    def __init__(self, config: Config, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        if not config.ws_per_message_deflate:
            self.conn = _Protocol(max_size=config.ws_max_size, logger=self.conn.logger)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_utf8(self.frames):
            # uvicorn does the same, but logs a traceback, as if the fault were ours.
            self.frames = []
            self.conn.send_close(1007)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        # The application's task exists, but has not run yet. A compressed connection would need
        # each frame compressed on its way.
        if self.response.status_code == 101 and not self.conn.extensions:  # noqa: PLR2004
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = UvicornTransport(self)


def _is_utf8(parts: list[bytes]) -> bool:
    try:
        b"".join(parts).decode()
    except UnicodeDecodeError:
        return False
    return True


class UvicornTransport:
    """Writes to the connection without waiting; see ``consumers.transports.Transport``."""

    def __init__(self, protocol: WebSocketProtocol) -> None:
        self._protocol = protocol

    def send(self, frame: bytes) -> None:
        if self._is_open():
            self._protocol.transport.write(text_head(len(frame)) + frame)

    def buffered(self) -> int:
        return self._protocol.transport.get_write_buffer_size()

    def close(self, code: int, reason: str) -> None:
        protocol = self._protocol
        if not self._is_open():
            return
        protocol.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        protocol.conn.send_close(code, reason[:100])
        protocol.transport.write(b"".join(protocol.conn.data_to_send()))
        protocol.close_sent = True
        if protocol.read_paused:
            protocol.read_paused = False
            protocol.transport.resume_reading()
        # abort, not close: that would wait for ever for a peer which does not read.
        protocol.close_timer = protocol.loop.call_later(protocol.close_timeout, self.abort)

    def abort(self) -> None:
        self._protocol.transport.abort()

    def _is_open(self) -> bool:
        protocol = self._protocol
        return not (protocol.close_sent or protocol.disconnected or protocol.transport.is_closing())
