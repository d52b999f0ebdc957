"""What uvicorn's protocols leave behind, with a transport that takes notes."""

import asyncio
import gc
import weakref
from functools import partial

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from notifications.consumers.transports import EXTENSION
from notifications.servers.uvicorn import HttpProtocol, WebSocketProtocol

# From a client, so it is masked: with zeros.
PING = b"\x89\x80\0\0\0\0"
CLOSE = b"\x88\x82\0\0\0\0\x03\xe8"
HANDSHAKE = (
    b"GET /ws/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"X-Some: header\r\n\r\n"
)


class Transport(asyncio.Transport):
    def __init__(self):
        super().__init__()
        self.protocol, self.written, self.is_aborted = None, b"", False

    def get_extra_info(self, name, default=None):
        return default

    def set_protocol(self, protocol):
        self.protocol = protocol

    def get_protocol(self):
        return self.protocol

    def get_write_buffer_size(self):
        return 0

    def write(self, data):
        self.written += data

    def is_closing(self):
        return False

    def abort(self):
        self.is_aborted = True

    def close(self):
        pass


def _note(heard, _direct, event):
    """Holds the transport, as a consumer does."""
    heard.append(event)


def shaken(application):
    """A transport, and the protocol that has read a handshake; another one has its socket."""
    protocols = {"http": HttpProtocol, "ws": WebSocketProtocol}
    config = Config(application, **protocols, lifespan="off", ws_per_message_deflate=False)
    config.load()
    transport, http = Transport(), HttpProtocol(config, ServerState(), {})
    transport.set_protocol(http)
    http.connection_made(transport)
    http.data_received(HANDSHAKE)
    return transport, http


@pytest.mark.parametrize("listens", [False, True], ids=["by a task", "by a call"])
def test_a_socket_leaves_nothing_behind(listens):
    """Neither of its request, once it is open, nor of itself, once it is lost: what waited for the
    garbage collector would stay until that looks.
    """
    headers, heard = [], []

    async def application(scope, receive, send):
        headers.extend((name.lower(), value) for name, value in scope["headers"])
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        direct = scope["extensions"][EXTENSION]
        if not (listens and direct.listen(partial(_note, heard, direct))):
            heard.append(await receive())

    async def scenario():
        transport, http = shaken(application)
        left, socket = [weakref.ref(http)], transport.get_protocol()
        assert isinstance(socket, WebSocketProtocol)
        del http
        async with asyncio.timeout(30):
            while b"101" not in transport.written:  # noqa: ASYNC110 (the server's task runs)
                await asyncio.sleep(0)
        assert (b"x-some", b"header") in headers
        assert listens or not socket.request.headers
        left.append(weakref.ref(socket))
        socket.connection_lost(None)
        transport.protocol = None
        await asyncio.gather(*socket.tasks)
        await asyncio.sleep(0)  # what the loop still had to do with it
        del socket
        assert [one() for one in left] == [None, None]
        assert [event["type"] for event in heard] == ["websocket.disconnect"]

    gc.collect()
    gc.disable()
    try:
        asyncio.run(scenario())
    finally:
        gc.enable()


def test_who_has_closed_is_not_closed_again_when_the_server_ends():
    """It may be there for long: until it has read all that was sent to it."""

    async def application(_scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    async def scenario():
        transport, _http = shaken(application)
        socket = transport.get_protocol()
        async with asyncio.timeout(30):
            while b"101" not in transport.written:  # noqa: ASYNC110 (the server's task runs)
                await asyncio.sleep(0)
        socket.data_received(CLOSE)
        socket.shutdown()
        assert transport.written.endswith(b"\r\n\r\n\x88\x02\x03\xe8")
        await asyncio.gather(*socket.tasks)

    asyncio.run(scenario())


def test_who_floods_before_the_handshake_is_answered_is_cut_off():
    async def application(_scope, _receive, _send):
        """Has its turn when that has been read."""

    async def scenario():
        transport, _http = shaken(application)
        socket = transport.get_protocol()
        socket.data_received(PING * 1000)
        assert transport.is_aborted
        socket.connection_lost(None)
        await asyncio.gather(*socket.tasks)

    asyncio.run(scenario())
