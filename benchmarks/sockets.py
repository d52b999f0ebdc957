"""A WebSocket client that counts: as little of one as answers pings. picows reads the frames, in C,
so that thousands of sockets are no more work for the client than for the server.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from typing import TypeVar

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.site import SESSION_COOKIE

_PATIENCE_S = 60
# As long as a server that is busy asks for, about.
_LATER_S = 2.0
# Handshakes under way at once. Where more than 200 come in a second, our server gathers 200 to ask
# the database for: it would wait for others each time that fewer are under way.
_TOGETHER = 256
# A frame of ours is a few hundred bytes, and a client that is behind gets more of them.
_BUFFER_BYTES = 4096


class Socket(WSListener):
    """Counts the frames with content that it is sent."""

    def __init__(self) -> None:
        self.transport: WSTransport
        self.epoch = ""
        self.received = 0
        self.last_at = 0.0
        self.is_closed = False
        self.synced: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, _transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type in {WSMsgType.TEXT, WSMsgType.BINARY}:
            self.take(frame.get_payload_as_bytes())

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        self.is_closed = True
        self.fail(ConnectionError("It was closed before it was synced."))

    def take(self, frame: bytes) -> None:
        if frame.startswith((b'{"type":"changes"', b'{"type": "changes"')):
            self.received += 1
            self.last_at = time.monotonic()
        elif frame.startswith(b'{"type":"ping"'):
            revision = json.loads(frame)["revision"]
            pong = {"type": "pong", "epoch": self.epoch, "revision": revision}
            self.transport.send(WSMsgType.TEXT, json.dumps(pong).encode())
        elif frame.startswith(b'{"type":"hello"'):
            self.epoch = json.loads(frame)["epoch"]
        elif frame.startswith(b'{"type":"synced"') and not self.synced.done():
            self.synced.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self.synced.done():
            self.synced.set_exception(error)
            self.synced.exception()  # nobody has to ask for it


_Kind = TypeVar("_Kind", bound=Socket)


class SocketIO(Socket):
    """Speaks Socket.IO, as far as that has to be: it joins, and counts events."""

    def take(self, frame: bytes) -> None:
        if frame.startswith(b"0"):
            self.transport.send(WSMsgType.TEXT, b"40")
        elif frame.startswith(b"40"):
            super().take(b'{"type":"synced"')
        elif frame.startswith(b"42"):
            super().take(b'{"type":"changes"')


async def open_as(kind: type[_Kind], port: int, path: str, cookie: str = "") -> _Kind:
    """One whose handshake is done.

    Raises: picows.WSError, OSError: it was refused, or closed as soon as it was open.
    """
    headers = {"Origin": f"http://127.0.0.1:{port}"}
    if cookie:
        headers["Cookie"] = f"{SESSION_COOKIE}={cookie}"
    _, one = await ws_connect(
        kind, f"ws://127.0.0.1:{port}{path}",
        extra_headers=headers, websocket_handshake_timeout=None,
        read_buffer_init_size=_BUFFER_BYTES,
    )  # fmt: skip
    if one is None:  # picows has let go of it: it was closed meanwhile
        raise ConnectionResetError("It was closed as soon as it was open.")
    return one


async def connect(
    port: int, path: str, cookie: str = "", *, is_greeted: bool = False, kind: type[_Kind] = Socket
) -> _Kind:
    """One that is open; with ``is_greeted`` one that its server has said to be synced.

    Raises: TimeoutError: it was told again and again to come later, or nothing at all.
    """
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            # Where others keep the machine busy, some are told to come later.
            with suppress(ConnectionError):
                one = await open_as(kind, port, path, cookie)
                if is_greeted:
                    await one.synced
                return one
            await asyncio.sleep(_LATER_S)


async def connect_all(
    port: int,
    path: str,
    cookies: list[str],
    *,
    is_greeted: bool = False,
    kind: type[_Kind] = Socket,
) -> list[_Kind]:
    """One for each cookie."""
    opened: list[_Kind] = []
    for n in range(0, len(cookies), _TOGETHER):
        part = [
            connect(port, path, one, is_greeted=is_greeted, kind=kind)
            for one in cookies[n : n + _TOGETHER]
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
