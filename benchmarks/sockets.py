"""A WebSocket client that counts: as little of one as answers pings."""

from __future__ import annotations

import asyncio
import json
import struct
import time

from benchmarks.site import SESSION_COOKIE

_SHORT, _TWO_BYTES = 126, 127
_PATIENCE_S = 60
# Handshakes under way at once.
_TOGETHER = 20


class Socket(asyncio.Protocol):
    """Counts the frames with content that it is sent."""

    def __init__(self, port: int, path: str, cookie: str = "") -> None:
        self._port, self._path, self._cookie = port, path, cookie
        self._buffer = b""
        self.epoch = ""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = 0
        self.last_at = 0.0
        self.synced = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        origin = f"127.0.0.1:{self._port}"
        lines = [
            f"GET {self._path} HTTP/1.1", f"Host: {origin}", "Upgrade: websocket",
            "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13", f"Origin: http://{origin}",
            *([f"Cookie: {SESSION_COOKIE}={self._cookie}"] if self._cookie else []), "", "",
        ]  # fmt: skip
        self.transport.write("\r\n".join(lines).encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.done():
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head, head
            self.opened.set_result(None)
            self._buffer = rest
        while (frame := self._frame()) is not None:
            self._take(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("It was closed before it was open."))

    def _frame(self) -> bytes | None:
        buffer = self._buffer
        if len(buffer) < 2:  # noqa: PLR2004 (the shortest head)
            return None
        size, start = buffer[1], 2
        if size == _SHORT:
            if len(buffer) < 4:  # noqa: PLR2004
                return None
            size, start = struct.unpack_from("!H", buffer, 2)[0], 4
        elif size == _TWO_BYTES:
            if len(buffer) < 10:  # noqa: PLR2004
                return None
            size, start = struct.unpack_from("!Q", buffer, 2)[0], 10
        if len(buffer) < start + size:
            return None
        self._buffer = buffer[start + size :]
        return buffer[start : start + size]

    def _take(self, frame: bytes) -> None:
        if frame.startswith((b'{"type":"changes"', b'{"type": "changes"')):
            self.received += 1
            self.last_at = time.monotonic()
        elif frame.startswith(b'{"type":"ping"'):
            revision = json.loads(frame)["revision"]
            pong = {"type": "pong", "epoch": self.epoch, "revision": revision}
            self._send(json.dumps(pong).encode())
        elif frame.startswith(b'{"type":"hello"'):
            self.epoch = json.loads(frame)["epoch"]
        elif frame.startswith(b'{"type":"synced"'):
            self.synced = True

    def _send(self, payload: bytes) -> None:
        # Masked with zeros, so that the payload stands as it is.
        self.transport.write(struct.pack("!BBHI", 0x81, 0x80 | _SHORT, len(payload), 0) + payload)


async def connect(port: int, path: str, cookie: str = "", *, is_greeted: bool = False) -> Socket:
    """One that is open; with ``is_greeted`` one that its server has said to be synced."""
    loop = asyncio.get_running_loop()
    _, one = await loop.create_connection(lambda: Socket(port, path, cookie), "127.0.0.1", port)
    async with asyncio.timeout(_PATIENCE_S):
        await one.opened
        while is_greeted and not one.synced:  # noqa: ASYNC110 (a client that only counts)
            await asyncio.sleep(0.005)
    return one


async def connect_all(
    port: int, path: str, cookies: list[str], *, is_greeted: bool = False
) -> list[Socket]:
    """One for each cookie."""
    opened: list[Socket] = []
    for n in range(0, len(cookies), _TOGETHER):
        part = [
            connect(port, path, one, is_greeted=is_greeted) for one in cookies[n : n + _TOGETHER]
        ]
        opened += await asyncio.gather(*part)
    return opened


async def until_received(sockets: list[Socket], count: int, within_s: float = 30) -> None:
    """Wait until each has been sent so many.

    Raises: TimeoutError: some of them lack some of it.
    """
    try:
        async with asyncio.timeout(within_s):
            while any(one.received < count for one in sockets):  # noqa: ASYNC110
                await asyncio.sleep(0.002)
    except TimeoutError:
        lacking = sum(one.received < count for one in sockets)
        raise TimeoutError(f"{lacking} of {len(sockets)} lack one after {within_s} s") from None
