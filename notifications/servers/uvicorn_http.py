"""HTTP on uvicorn: who gives or takes nothing is dropped, and a handshake becomes a socket."""

from __future__ import annotations

from asyncio import TimerHandle
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from notifications.consumers.transports import ABORT
from notifications.push import limits
from notifications.servers import accepting, bodies, handshakes, unix_peers

# A peer that takes nothing for so long, while something waits for it, has gone.
_STUCK_S = 10.0
# States of a client that has to send something: the head of a request, or its body.
_AWAITS = {h11.IDLE, h11.SEND_BODY}


class HttpProtocol(H11Protocol):
    """uvicorn's, which can be told to drop a connection, and drops who gives or takes nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._awaited: Any = None
        self._has_read = False
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

    def data_received(self, data: bytes) -> None:
        has_read, self._has_read = self._has_read, True
        head = None if has_read or self.ws_protocol_class is None else handshakes.plain_head(data)
        if head is None:
            super().data_received(data)
        else:
            self._become_socket(head)
            self._expect_what_comes()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        first = b"%s %s HTTP/1.1" % (event.method, event.target)
        self._become_socket(handshakes.head_of(first, self.headers))

    def _become_socket(self, head: bytes) -> None:
        """Give the connection to a protocol of WebSocket, which begins with this head."""
        self.connections.discard(self)
        protocol: Any = self.ws_protocol_class
        socket = protocol(
            config=self.config, server_state=self.server_state, app_state=self.app_state
        )
        socket.connection_made(self.transport)
        socket.data_received(head)
        self.transport.set_protocol(socket)

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
            self.loop.call_later(accepting.COMES_S, self._close_if_idle)
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
