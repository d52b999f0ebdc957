"""The client that holds a WebSocket open; `websockets` knows how its frames are written."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from notifications.management.comparison.clients import Client, after_s
from notifications.management.comparison.connection import Cut, Wire
from notifications.management.comparison.failures import Failed
from notifications.wire import contract

# How long after something has arrived it says so, as the protocol asks of clients.
RECEIPT_S = 1.0
_BACK_OFF_S = 0.5
_CLOSING_S = 2.0


class WebSocket(Client):
    """One connection that stays open."""

    name = "websocket"
    label = "WebSocket"

    async def run(self) -> None:
        while True:
            wait_s = _BACK_OFF_S
            with suppress(Cut):
                wait_s = await _Connection(self).run()
            await asyncio.sleep(wait_s)


class _Connection:
    """From the handshake to the close."""

    def __init__(self, client: WebSocket) -> None:
        self._client = client
        site, who = client.site, client.who
        scheme = {"http": "ws", "https": "wss"}[site.scheme]
        token = Subprotocol(f"{contract.TOKEN_SUBPROTOCOL}{who.token}")
        self._protocol = ClientProtocol(
            parse_uri(f"{scheme}://{site.netloc}{site.socket}?{client.cursor()}"),
            subprotocols=[Subprotocol(contract.SUBPROTOCOL), token],
            max_size=None,
        )
        self._wire: Wire
        self._receipt: asyncio.Task[None] | None = None
        self._after_s = _BACK_OFF_S

    async def run(self) -> float:
        """Until the server closes it; when to come back, in seconds. Raises: Cut, Failed."""
        client = self._client
        self._wire = await Wire.open(client.site, client.traffic)
        try:
            client.traffic.requests += 1
            self._protocol.send_request(self._protocol.connect())
            await self._flush()
            while data := await self._wire.receive():
                self._protocol.receive_data(data)
                for event in self._protocol.events_received():
                    await self._heard(event)
                await self._flush()
            return self._after_s
        finally:
            if self._receipt is not None:
                self._receipt.cancel()
            await self._leave()

    async def _heard(self, event: Any) -> None:
        if isinstance(event, Response):
            error = self._protocol.handshake_exc
            if isinstance(error, InvalidHandshake):
                raise Failed(f"No WebSocket: the server answered {event.status_code} ({error})")
        elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
            await self._take(json.loads(bytes(event.data)))

    async def _take(self, frame: dict[str, Any]) -> None:
        client = self._client
        is_new = client.take(frame)
        match frame["type"]:
            case "bye":
                self._after_s = after_s(frame, client.who.name)
            case "synced":
                client.ready.set()
            case "ping":
                await self._say_what_is_here()
        if is_new and self._receipt is None:
            self._receipt = asyncio.create_task(self._acknowledge())

    async def _acknowledge(self) -> None:
        await asyncio.sleep(RECEIPT_S)
        self._receipt = None
        with suppress(Cut):
            await self._say_what_is_here()

    async def _say_what_is_here(self) -> None:
        client = self._client
        pong = {"type": "pong", "epoch": client.epoch, "revision": client.revision}
        if self._protocol.state is State.OPEN:
            self._protocol.send_text(json.dumps(pong, separators=(",", ":")).encode())
            await self._flush()

    async def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                await self._wire.send(data)

    async def _leave(self) -> None:
        """Close in good order, and wait until the server has."""
        with suppress(Cut, TimeoutError):
            async with asyncio.timeout(_CLOSING_S):
                if self._protocol.state is State.OPEN:
                    self._protocol.send_close(1000)
                    await self._flush()
                    while data := await self._wire.receive():
                        self._protocol.receive_data(data)
        await self._wire.close()
