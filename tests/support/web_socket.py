"""Any WebSocket, whatever it carries."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.connection import PATIENCE_S, Refused, Waiting
from tests.support.wire import message_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self

    from websockets.asyncio.client import ClientConnection

    from tests.support.connection import LoopThread
    from tests.support.wire import Frame


class Socket(Waiting):
    """Sends and records messages, and how it ended."""

    def __init__(
        self,
        clients: LoopThread,
        url: str,
        *,
        origin: str | None = None,
        subprotocols: Sequence[str] = (),
        headers: Iterable[tuple[str, str]] = (),
        address: tuple[str, int] | None = None,
        reads: bool = True,
        receive_buffer_bytes: int | None = None,
    ) -> None:
        """Args: address: where to connect to instead of the host that ``url`` names. reads: else
        it takes nothing from the kernel until ``read_on``. receive_buffer_bytes: the kernel's.
        """
        Waiting.__init__(self, clients)
        self.messages: list[str | bytes] = []
        self._options: dict[str, Any] = {
            "origin": origin,
            "subprotocols": list(subprotocols) or None,
            "additional_headers": list(headers),
        }
        if address:
            self._options |= {"host": address[0], "port": address[1]}
        self._url = url
        self._reads = reads
        self._receive_buffer_bytes = receive_buffer_bytes
        self._connection: ClientConnection

    def open(self, within_s: float = PATIENCE_S) -> Self:
        """Raises: Refused: the server answered the handshake with an HTTP status."""
        self._clients.run(self._open(), within_s)
        return self

    @property
    def subprotocol(self) -> str | None:
        return self._connection.subprotocol

    @property
    def extensions(self) -> list[Any]:
        return list(self._connection.protocol.extensions)

    def send(self, *frames: Frame | str | bytes) -> None:
        """Send objects as JSON, str as text, bytes as binary; all of them in one go."""
        self._clients.run(self._send([message_of(frame) for frame in frames]))

    def send_as_text(self, payload: bytes) -> None:
        """Send a text message with these bytes, be they UTF-8 or not."""
        self._clients.run(self._connection.send(payload, text=True))

    def send_fragments(self, *parts: str) -> None:
        """Send one message in so many frames."""
        self._clients.run(self._connection.send(parts))

    def close(self) -> None:
        """Close, and wait until the server has said so too."""
        self.read_on()
        self._clients.run(self._connection.close())
        self.until(lambda: self.closed, "the connection ends")

    def abort(self) -> None:
        """Vanish, without a close frame."""
        self._clients.loop.call_soon_threadsafe(self._connection.transport.abort)
        self.until(lambda: self.closed, "the connection ends")

    def pause_reading(self) -> None:
        """Take nothing more from the kernel, until ``read_on``."""
        self._clients.loop.call_soon_threadsafe(self._connection.transport.pause_reading)

    def read_on(self) -> None:
        """Take from the kernel what has come, and will come."""
        self._clients.loop.call_soon_threadsafe(self._connection.transport.resume_reading)

    @property
    def local_port(self) -> int:
        port: int = self._connection.local_address[1]
        return port

    def __str__(self) -> str:
        last = "\n  ".join(str(message)[:300] for message in self.messages[-8:])
        return f"{self._url}, closed: {self.closed}, {len(self.messages)} messages:\n  {last}"

    async def _open(self) -> None:
        options = dict(self._options)
        if self._receive_buffer_bytes is not None:
            options["sock"] = await self._connect(self._receive_buffer_bytes)
        try:
            self._connection = await connect(
                self._url,
                **options,
                compression=None,
                user_agent_header=None,
                proxy=None,
                open_timeout=PATIENCE_S,
                # Heartbeats are the protocol's.
                ping_interval=None,
                max_size=None,
                max_queue=None,
            )
        except InvalidStatus as error:
            raise Refused(error.response.status_code) from None
        if not self._reads:
            self._connection.transport.pause_reading()
        self._reader = asyncio.ensure_future(self._read())

    async def _connect(self, receive_buffer_bytes: int) -> socket.socket:
        parts = urlsplit(self._url)
        connected = socket.socket()
        connected.setblocking(False)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        address = (parts.hostname, parts.port)
        await asyncio.get_running_loop().sock_connect(connected, address)
        return connected

    async def _read(self) -> None:
        while True:
            try:
                message = await self._connection.recv()
            except ConnectionClosed as error:
                received = error.rcvd
                ended = (received.code, received.reason) if received else (1006, "")
                break
            with self._changed:
                self.messages.append(message)
                self._received(message)
                self._changed.notify_all()
        with self._changed:
            self.closed = ended
            self._ended()
            self._changed.notify_all()

    async def _send(self, messages: list[str | bytes]) -> None:
        try:
            for message in messages:
                await self._connection.send(message)
        except ConnectionClosed:
            pass  # whoever sends looks at ``closed``

    def _received(self, message: str | bytes) -> None:
        """A message has come; on the loop."""

    def _ended(self) -> None:
        """The connection has ended; on the loop."""
