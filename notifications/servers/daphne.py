"""Daphne: its server, with what it does wrong by default put right."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from autobahn.websocket.protocol import WebSocketServerProtocol
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.tcp import Connection

from notifications.consumers.transports import EXTENSION, HANDSHAKE
from notifications.process import garbage, overdue
from notifications.push import drain
from notifications.servers import autobahn_log, daphne_ending, daphne_http, daphne_reading
from notifications.servers.framing import MESSAGE_MAX_BYTES, framed, text_head
from notifications.servers.waiting import Inlet

logger = logging.getLogger(__name__)

_CLOSE_TIMEOUT_S = 10
# Seconds for a handshake, from the connection on: in a storm they queue.
_HANDSHAKE_S = 20
# Connections that the kernel keeps until they are accepted; Twisted's default is 50.
_BACKLOG = 4096
# RFC 6455: the service restarts.
_RESTART = 1012


class DaphneServer(Server):  # type: ignore[misc]
    """Daphne's, with the transport of each socket in the scope's extensions."""

    def __init__(self, application: Any, *args: Any, **kwargs: Any) -> None:
        # Daphne measures a socket's age by the wall clock: a clock that jumps would close them all.
        # Its own pings are measured so, too; our heartbeat is the stream's. And a response may take
        # as long as its stream lives.
        options: dict[str, Any] = {
            "websocket_timeout": -1,
            "ping_interval": 10**9,
            "http_timeout": None,
            "websocket_handshake_timeout": _HANDSHAKE_S,
            "websocket_max_message_size": MESSAGE_MAX_BYTES,
            "websocket_max_frame_size": MESSAGE_MAX_BYTES,
            "endpoints": [_with_backlog(endpoint) for endpoint in kwargs.get("endpoints") or ()],
        }
        autobahn_log.be_brief()
        # Those that listen.
        self._ports: list[Any] = []
        super().__init__(daphne_reading.telling(application), *args, **{**kwargs, **options})

    def run(self) -> None:
        if threading.current_thread() is threading.main_thread():
            # Once Twisted listens for signals: it would put itself in our place.
            reactor.callWhenRunning(overdue.watch, drain.ends_within_s())
        reactor.callWhenRunning(garbage.settle)
        super().run()

    @property
    def http_factory(self) -> daphne_http.Factory:
        return self._http_factory

    @http_factory.setter
    def http_factory(self, _daphnes: Any) -> None:
        # Daphne makes its own as it begins to run.
        self._http_factory = daphne_http.Factory(self)

    @property
    def ws_factory(self) -> Any:
        return self._ws_factory

    @ws_factory.setter
    def ws_factory(self, daphnes: Any) -> None:
        daphnes.protocol = SocketProtocol
        self._ws_factory = daphnes

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        # Daphne believes anybody's header `Daphne-Root-Path`, which would begin each of our URLs.
        scope["root_path"] = self.root_path
        if scope["type"] == "websocket":
            # Daphne would cut a slow reader off after a second, before it has read why.
            protocol.closeHandshakeTimeout = _CLOSE_TIMEOUT_S
            direct = protocol.direct = DaphneTransport(protocol)
            scope["extensions"] = {daphne_reading.TAKEN: daphne_reading.limit(protocol, direct)}
            scope["extensions"][HANDSHAKE] = partial(_head_of_answer, protocol)
            if direct.is_plain:
                scope["extensions"][EXTENSION] = direct
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        if message.get("type") == "websocket.send" and not (
            message.get("text") or message.get("bytes")
        ):
            # Daphne drops an empty message; it is one all the same.
            if protocol.state == protocol.STATE_OPEN:
                is_text = message.get("text") is not None
                protocol.serverSend("" if is_text else b"", not is_text)
            return
        await super().handle_reply(protocol, message)

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self._ports.append(port)

    def kill_all_applications(self) -> Any:
        self._close_sockets()
        last = daphne_ending.answer_the_last(self._ports, self.connections)
        answered = Deferred.fromFuture(asyncio.ensure_future(last))
        answered.addErrback(_log_failure)
        return answered.addCallback(lambda _: self._kill_the_rest())

    def _close_sockets(self) -> None:
        for protocol in self.connections:
            if not isinstance(protocol, WebSocketServerProtocol):
                continue
            if protocol.state == protocol.STATE_OPEN:
                protocol.sendCloseFrame(code=_RESTART)
            elif protocol.state == protocol.STATE_CONNECTING:
                retry = ("Retry-After", str(drain.REFUSED_RETRY_S))
                protocol.failHandshake("Service Unavailable", 503, [retry])

    def _kill_the_rest(self) -> Any:
        self._close_sockets()  # of who came since
        # Daphne trips over connections that have no application, such as the HTTP one of each
        # socket in its first second, and would cancel none.
        for details in self.connections.values():
            details.setdefault("application_instance", _nothing())
        return super().kill_all_applications()

    def listen_error(self, failure: Any) -> None:
        # Daphne would end as if all were well, or hang under the reloader, from whose thread no
        # exception ends the process. Django's own runserver exits like this too.
        if failure.check(KeyboardInterrupt):
            os._exit(0)  # Ctrl-C in that very moment, before Twisted listens for signals
        logger.critical("Cannot listen: %s", failure.getErrorMessage())
        os._exit(1)


def _log_failure(failure: Any) -> None:
    logger.error("Not all requests were answered: %s", failure.getErrorMessage())


def _head_of_answer(protocol: Any) -> bytes:
    """What let the socket in: there is none before it was sent."""
    return str(protocol.http_response_data).encode()


def _nothing() -> asyncio.Future[None]:
    done: asyncio.Future[None] = asyncio.get_event_loop().create_future()
    done.set_result(None)
    return done


def _with_backlog(endpoint: str) -> str:
    is_tcp = endpoint.startswith("tcp:") and "backlog=" not in endpoint
    return f"{endpoint}:backlog={_BACKLOG}" if is_tcp else endpoint


class SocketProtocol(WebSocketProtocol):  # type: ignore[misc]
    """Daphne's, which tells its transport when anybody else writes."""

    direct: DaphneTransport | None = None

    def sendData(self, *data: Any, **how: Any) -> None:  # noqa: N802 (Autobahn's)
        if self.direct is not None:
            self.direct.is_free = False
        super().sendData(*data, **how)


class DaphneTransport:
    """Writes to the connection without waiting; see ``consumers.transports.Transport``."""

    __slots__ = ("_protocol", "_send", "is_free")

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        transport = protocol.transport
        # None where what is sent is not what the kernel gets, as by TLS.
        self._send: Callable[[bytes], int] | None = None
        if isinstance(transport, Connection):
            self._send = transport.socket.send
        # Whether all that was written is with the kernel, and the socket is open: asked once, and
        # so until somebody else writes, were it a close frame. What Autobahn and Twisted know of
        # it lies far apart, and each delivery would have to look for it.
        self.is_free = False

    @property
    def is_plain(self) -> bool:
        """Whether frames go to the kernel as they are."""
        return self._send is not None

    def send(self, frame: bytes, _revision: int | None = None) -> None:
        self._write(text_head(len(frame)) + frame)

    def send_together(self, frames: Sequence[bytes]) -> None:
        self._write(framed(frames))

    def _write(self, data: bytes) -> None:
        if self._send is None or not (self.is_free or self._becomes_free()):
            if self._protocol.state == self._protocol.STATE_OPEN:
                self._protocol.transport.write(data)
            return
        # The socket first: Twisted would register for writing, wait for the loop, send, and
        # unregister again, which costs three times as much.
        try:
            sent = self._send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # the peer has gone, as Twisted is about to notice
        if sent < len(data):
            self.is_free = False
            self._protocol.transport.write(data[sent:])

    def _becomes_free(self) -> bool:
        protocol = self._protocol
        is_open = protocol.state == protocol.STATE_OPEN and not protocol.transport.disconnecting
        self.is_free = is_open and not self.buffered()
        return self.is_free

    def buffered(self) -> int:
        transport = self._protocol.transport
        if transport is None:
            return 0
        waiting: int = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
        return waiting

    def close(self, code: int, reason: str) -> None:
        if self._protocol.state == self._protocol.STATE_OPEN:
            self._protocol.sendClose(code=int(code), reason=reason[:100])

    def listen(self, heard: Callable[[dict[str, Any]], None]) -> bool:
        protocol = self._protocol
        if protocol.state != protocol.STATE_OPEN:
            return False  # the end waits in its queue
        inlet: Inlet[dict[str, Any]] = Inlet()

        def hear(event: dict[str, Any]) -> None:
            heard(event)
            if event["type"] == "websocket.disconnect":
                # What is heard holds this protocol, which would hold itself by it.
                inlet.listen(_nobody)

        # Nothing waits yet: what comes before the socket is open is dropped (daphne_reading).
        inlet.listen(hear)
        protocol.application_queue = inlet
        return True

    def abort(self) -> None:
        self._protocol.dropConnection(abort=True)


def _nobody(_event: dict[str, Any]) -> None:
    """Hears what is said when all is over."""
