"""What uvicorn's protocols leave behind, with a transport that takes notes."""

import asyncio
import gc
import weakref

from uvicorn.config import Config
from uvicorn.server import ServerState

from notifications.servers.uvicorn import HttpProtocol, WebSocketProtocol

HANDSHAKE = (
    b"GET /ws/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"X-Some: header\r\n\r\n"
)


class Transport(asyncio.Transport):
    def __init__(self):
        super().__init__()
        self.protocol, self.written = None, b""

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
        pass

    def close(self):
        pass


def test_a_socket_leaves_nothing_of_its_request_behind():
    """Not even for the garbage collector: it would stay until that looks."""
    headers = []

    async def application(scope, receive, send):
        headers.extend(scope["headers"])
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        await receive()

    async def scenario():
        protocols = {"http": HttpProtocol, "ws": WebSocketProtocol}
        config = Config(application, **protocols, lifespan="off", ws_per_message_deflate=False)
        config.load()
        transport = Transport()
        http = HttpProtocol(config, ServerState(), {})
        transport.set_protocol(http)
        http.connection_made(transport)
        http.data_received(HANDSHAKE)
        left, socket = weakref.ref(http), transport.get_protocol()
        assert isinstance(socket, WebSocketProtocol)
        del http
        assert left() is None
        async with asyncio.timeout(30):
            while b"101" not in transport.written:  # noqa: ASYNC110 (the server's task runs)
                await asyncio.sleep(0)
        assert (b"x-some", b"header") in [(name.lower(), value) for name, value in headers]
        assert not socket.request.headers
        socket.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
        await asyncio.gather(*socket.tasks)

    gc.collect()
    gc.disable()
    try:
        asyncio.run(scenario())
    finally:
        gc.enable()
