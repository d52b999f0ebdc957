"""uvicorn: ``--ws notifications.servers.uvicorn:WebSocketProtocol --http …:HttpProtocol``."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import PayloadTooBig
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from notifications.consumers.transports import EXTENSION, HANDSHAKE
from notifications.process import metrics
from notifications.push import drain, limits
from notifications.servers import unix_peers
from notifications.servers.uvicorn_http import HttpProtocol
from notifications.servers.uvicorn_transport import UvicornTransport
from notifications.servers.waiting import Gate, Inlet
from notifications.wire.contract import CloseCode

# What a socket is given to take the last that it is sent, when the server ends.
_LEAVES_S = 2.0
# To a handshake with bytes in its head that must not be there.
_UNREADABLE = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


__all__ = ["HttpProtocol", "WebSocketProtocol"]


class _TooManyFrames(PayloadTooBig):
    """The parser turns it into a close with 1009, and reads nothing more."""

    def __str__(self) -> str:
        return "too many frames"


class _Protocol(ServerProtocol):
    _listening: limits.FloodGuard

    @classmethod
    def take_over(cls, uvicorns: ServerProtocol) -> None:
        """Make it one of ours: to make another one would be a twentieth of each handshake."""
        uvicorns.__class__ = cls
        uvicorns._listening = limits.FloodGuard()  # type: ignore[attr-defined]

    def recv_frame(self, frame: Frame) -> None:
        is_closing = self.state is State.CLOSING
        if self._listening.count(frame.opcode, is_closing=is_closing):
            raise _TooManyFrames(None, limits.FRAGMENTS_MAX)
        if frame.opcode is Opcode.CLOSE:
            # A close may come amid the fragments of a message (RFC 6455, section 5.4); the library
            # takes it for a violation.
            self.current_size = None
        super().recv_frame(frame)


def _nobody(_event: Any) -> None:
    """Hears what is said when all is over."""


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, with its transport in the scope's extensions."""

    # uvicorn's own attributes, too: a dictionary of so many takes 1.6 KB of each socket.
    __slots__ = (
        "_control_frames", "_direct", "app", "app_state", "asgi_version", "client", "close_sent",
        "close_timeout", "close_timer", "config", "conn", "connections", "curr_msg_data_type",
        "default_headers", "disconnected", "frames", "handshake_complete", "handshake_initiated",
        "initial_response", "last_ping_rtt", "logger", "loop", "pending_ping_payload",
        "ping_interval", "ping_sent_at", "ping_timeout", "ping_timer", "pong_timer", "queue",
        "read_paused", "request", "response", "root_path", "scheme", "scope", "server", "tasks",
        "transport", "writable",
    )  # fmt: skip

    def __init__(self, config: Config, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        self.app = unix_peers.believed(self.app, config.forwarded_allow_ips)
        self.queue: Inlet[Any] = Inlet()  # type: ignore[assignment]
        self.writable: Gate = Gate()  # type: ignore[assignment]
        self._control_frames = limits.control_frames()
        if not config.ws_per_message_deflate:
            _Protocol.take_over(self.conn)

    def connection_made(self, transport: Any) -> None:
        # What uvicorn's does; but for the addresses the kernel is not asked once more.
        http = transport.get_protocol()
        self.connections.add(self)
        self.transport = transport
        self.server, self.client = http.server, http.client
        self.scheme = "wss" if http.scheme == "https" else "ws"
        self._direct = UvicornTransport(self)
        if hasattr(transport, "max_size"):  # asyncio's own: 256 KiB are 40,000 small frames
            transport.max_size = limits.READ_BYTES

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # What holds itself, and all that is of this socket, would stay until garbage is looked for.
        self._direct.let_go()
        if self.queue.is_heard:
            self.queue.listen(_nobody)
        self.conn.parser.close()

    def listen(self, heard: Callable[[dict[str, Any]], None]) -> None:
        """Hand over what comes; what let the socket in is not needed any more."""
        self.queue.listen(heard)
        del self.scope, self.request, self.response
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    async def run_asgi(self) -> None:
        """uvicorn's, for applications that listen, too: they end, and their sockets do not."""
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except BaseException:
            self.logger.exception("Exception in ASGI application\n")
            self.send_500_response()
        else:
            if not self.handshake_complete:
                self.logger.error("ASGI callable returned without completing handshake.")
                self.send_500_response()
            elif self.queue.is_heard and not self.disconnected:
                return
        if self.close_timer is None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.close_sent:
            self._refuse_unreadable()

    def _refuse_unreadable(self) -> None:
        """Whose head the library cannot take goes: uvicorn waits for ever for what never comes."""
        # It has an answer of its own only where something is too long.
        answer = b"".join(self.conn.data_to_send()) or _UNREADABLE
        self.transport.write(answer)
        self.handshake_complete = self.close_sent = True
        self.transport.close()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_utf8(self.frames):
            # uvicorn does the same, but logs a traceback, as if the fault were ours.
            self.frames = []
            if self.conn.state is State.OPEN:
                self.conn.send_close(1007)
            self.handle_parser_exception()
            return
        if not self.queue.is_heard:
            super().send_receive_event_to_app()
            return
        data, self.frames = b"".join(self.frames), []
        if not self.close_sent:
            is_text = self.curr_msg_data_type == "text"
            content = {"text": data.decode()} if is_text else {"bytes": data}
            self.queue.put_nowait({"type": "websocket.receive", **content})

    def handle_ping(self) -> None:
        # Where its close came in the same read, the answer to that is ready, too, and would go
        # before what is still said until then: the pong waits for it.
        if self._may_control() and self.conn.close_rcvd is None:
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if self._may_control():
            super().handle_pong(event)

    def _may_control(self) -> bool:
        if self._control_frames.take(time.monotonic()):
            return True
        if not self.close_sent:
            metrics.floods_ended.labels("control").inc()
            self._end_flood()
        return False

    def _end_flood(self) -> None:
        if self.handshake_complete:
            self._direct.send(limits.FLOODED)
            self._direct.close(CloseCode.RATE_LIMIT, "Too many control frames.")
        else:
            # It did not wait for the handshake's answer, before which there are no frames.
            self.close_sent = True
            self.transport.abort()

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        # It has been answered: uvicorn would answer it once more when the server ends, which the
        # library refuses, and no other socket would be told.
        self.close_sent = True
        if self.close_timer is None and self.transport.get_write_buffer_size():
            # Else it would be kept for ever for a peer that does not read.
            self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def shutdown(self) -> None:
        if self.handshake_initiated and not self.handshake_complete:
            self._refuse_handshake()
        super().shutdown()
        # Else the server would wait for ever for a peer that does not read.
        self.loop.call_later(_LEAVES_S, self.transport.abort)

    def _refuse_handshake(self) -> None:
        """Who was not let in yet comes back: uvicorn would answer as if something had failed."""
        response = self.conn.reject(HTTPStatus.SERVICE_UNAVAILABLE, drain.REASON)
        response.headers["Retry-After"] = str(drain.REFUSED_RETRY_S)
        self.conn.send_response(response)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True

    def handle_parser_exception(self) -> None:
        if self.conn.close_sent is None:
            # It did not wait for the handshake's answer, so no close frame can say what is wrong;
            # uvicorn takes that for impossible.
            self.transport.abort()
            return
        super().handle_parser_exception()
        # Else the server would wait for ever for a peer that does not read.
        self.loop.call_later(self.close_timeout, self.transport.abort)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        # The scope has them; the library would keep them as long as the socket.
        event.headers.clear()
        # The application's task exists, but has not run yet. A compressed connection would need
        # each frame compressed on its way.
        if self.response.status_code == 101 and not self.conn.extensions:  # noqa: PLR2004
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self._direct
            extensions[HANDSHAKE] = self.response.serialize


def _is_utf8(parts: list[bytes]) -> bool:
    try:
        b"".join(parts).decode()
    except UnicodeDecodeError:
        return False
    return True
