"""uvicorn: ``--ws notifications.servers.uvicorn:WebSocketProtocol --http …:HttpProtocol``."""

from __future__ import annotations

import time
from asyncio import TimerHandle
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import PayloadTooBig
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from notifications.consumers.transports import ABORT, EXTENSION, HANDSHAKE
from notifications.process import metrics
from notifications.push import drain, limits
from notifications.servers import bodies, unix_peers
from notifications.servers.uvicorn_transport import UvicornTransport
from notifications.servers.waiting import Gate, Inlet
from notifications.wire.contract import CloseCode

# A peer that takes nothing for so long, while something waits for it, has gone.
_STUCK_S = 10.0
# What a socket is given to take the last that it is sent, when the server ends.
_LEAVES_S = 2.0
# What a request that is on its way is given to come, when the server ends.
_LAST_S = 0.5
# To a handshake with bytes in its head that must not be there.
_UNREADABLE = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
# States of a client that has to send something: the head of a request, or its body.
_AWAITS = {h11.IDLE, h11.SEND_BODY}


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


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, with its transport in the scope's extensions."""

    def __init__(self, config: Config, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        self.app = unix_peers.believed(self.app, config.forwarded_allow_ips)
        self.queue: Inlet[Any] = Inlet()  # type: ignore[assignment]
        self.writable: Gate = Gate()  # type: ignore[assignment]
        self._control_frames = limits.control_frames()
        if not config.ws_per_message_deflate:
            _Protocol.take_over(self.conn)

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._direct = UvicornTransport(self)
        if hasattr(transport, "max_size"):  # asyncio's own: 256 KiB are 40,000 small frames
            transport.max_size = limits.READ_BYTES

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # What holds itself, and all that is of this socket, would stay until garbage is looked for.
        self._direct.let_go()
        self.conn.parser.close()

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
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        if self._may_control():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if self._may_control():
            super().handle_pong(event)

    def _may_control(self) -> bool:
        if self._control_frames.take(time.monotonic()):
            return True
        if not self.close_sent:
            metrics.floods_ended.labels("control").inc()
            self._direct.send(limits.FLOODED)
            self._direct.close(CloseCode.RATE_LIMIT, "Too many control frames.")
        return False

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


class HttpProtocol(H11Protocol):
    """uvicorn's, which can be told to drop a connection, and drops who gives or takes nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._awaited: Any = None
        self._due: TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app = self._with_abort(transport)
        if hasattr(transport, "max_size"):
            transport.max_size = limits.READ_BYTES
        self._expect_what_comes()

    def _with_abort(self, transport: Any) -> Any:
        # It holds the transport and not this protocol, which would hold itself by it: a socket's
        # stays then until garbage is looked for.
        believed = unix_peers.believed(self.app, self.config.forwarded_allow_ips)
        limited = bodies.limited(believed, lambda _: transport.abort)

        async def application(scope: Any, receive: Any, send: Any) -> None:
            scope["extensions"] = {ABORT: transport.abort}
            await limited(scope, receive, send)

        return application

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_within(None)
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        self._expect_what_comes()

    def _expect_what_comes(self) -> None:
        """Give the client its time for a request: for its head, then for its body."""
        # A socket has its connection from the handshake on.
        awaited = self.conn.their_state if self.transport.get_protocol() is self else None
        if awaited is not self._awaited:
            self._awaited = awaited
            self._expect_within(bodies.comes_within_s() if awaited in _AWAITS else None)

    def _expect_within(self, seconds: float | None) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if seconds is not None:
            self._due = self.loop.call_later(seconds, self.transport.abort)

    def shutdown(self) -> None:
        if self._is_idle():
            # A proxy may just be sending something on it, which nobody else would be asked then.
            self.loop.call_later(_LAST_S, self._close_if_idle)
        else:
            super().shutdown()
        # Else the server would wait for whoever reads events, for as long as they like to.
        self.loop.call_later(_STUCK_S, self.transport.abort)

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _close_if_idle(self) -> None:
        if self._is_idle() and not self.transport.is_closing():
            super().shutdown()

    def on_response_complete(self) -> None:
        cycle = self.cycle
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._expect_within(bodies.REST_S)
        self._watch(cycle, self.transport.get_write_buffer_size())

    def _watch(self, cycle: RequestResponseCycle, unsent_bytes: int) -> None:
        # uvicorn waits for ever for a peer that does not read the end of a response.
        if unsent_bytes:
            self.loop.call_later(_STUCK_S, self._abort_if_stuck, cycle, unsent_bytes)

    def _abort_if_stuck(self, cycle: RequestResponseCycle, unsent_bytes: int) -> None:
        if self.cycle is not cycle:
            return  # it has asked for something else meanwhile
        left_bytes = self.transport.get_write_buffer_size()
        if left_bytes < unsent_bytes:
            self._watch(cycle, left_bytes)
        else:
            self.transport.abort()
