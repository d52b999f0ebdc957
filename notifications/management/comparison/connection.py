"""A connection whose bytes are counted, and HTTP on it (h11 knows how that is written)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import h11

from notifications.management.comparison.failures import Failed
from notifications.management.comparison.site import Site
from notifications.management.comparison.traffic import Traffic

_CHUNK_BYTES = 65536
_CLOSE_S = 5
# Where a server is that was asked and has not said all.
_ANSWERS = {h11.SEND_RESPONSE, h11.SEND_BODY}
Headers = Sequence[tuple[str, str]]


class Cut(Exception):
    """The connection ended before what was to come had come."""


class Wire:
    """A TCP connection, with TLS where the site has it. Every byte either way is counted."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, traffic: Traffic
    ) -> None:
        self._reader, self._writer, self._traffic = reader, writer, traffic

    @classmethod
    async def open(cls, site: Site, traffic: Traffic) -> Wire:
        """Raises: Failed: nobody answers there."""
        try:
            opened = await asyncio.open_connection(site.host, site.port, ssl=site.tls)
        except OSError as error:
            raise Failed(f"No connection to {site.netloc}: {error}") from None
        traffic.connected()
        return cls(*opened, traffic)

    @property
    def is_over(self) -> bool:
        """Whether the server has closed it."""
        return self._reader.at_eof()

    async def send(self, data: bytes) -> None:
        """Raises: Cut."""
        self._traffic.sent(len(data))
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError:
            raise Cut from None

    async def receive(self) -> bytes:
        """What has come; nothing: the server has closed. Raises: Cut."""
        try:
            data = await self._reader.read(_CHUNK_BYTES)
        except OSError:
            raise Cut from None
        if data:
            self._traffic.received(len(data))
        return data

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await self._writer.wait_closed()


@dataclass
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Raises: Failed: it is no JSON, so that is no server of ours."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failed(
                f"The server answered {self.status} with something else than JSON."
            ) from None


class Http:
    """Requests one after the other, on a connection that is kept for as long as the server does."""

    def __init__(self, site: Site, traffic: Traffic, token: str) -> None:
        self._site, self._traffic = site, traffic
        self._headers = [
            ("Host", site.netloc), ("Authorization", f"Bearer {token}"), ("Accept", "*/*"),
        ]  # fmt: skip
        self._wire: Wire | None = None
        self._state = h11.Connection(h11.CLIENT)

    async def ask(
        self, target: str, headers: Headers = (), *, method: str = "GET", body: bytes = b""
    ) -> Answer:
        """Raises: Failed, Cut."""
        answer = await self.begin(target, headers, method=method, body=body)
        answer.body = b"".join([part async for part in self.parts()])
        return answer

    async def begin(
        self, target: str, headers: Headers = (), *, method: str = "GET", body: bytes = b""
    ) -> Answer:
        """Ask; the head of the answer, whose body comes by ``parts``. Raises: Failed, Cut."""
        is_kept, wire = await self._ready()
        self._traffic.requests += 1
        more = [*headers, *([("Content-Length", str(len(body)))] if body else [])]
        request = h11.Request(method=method, target=target, headers=[*self._headers, *more])
        try:
            head = await self._exchange(wire, request, body)
        except Cut:
            if not is_kept:
                raise
            # The server closed it as we asked: that was no request, and any browser asks again.
            await self.close()
            _, wire = await self._ready()
            head = await self._exchange(wire, request, body)
        return Answer(
            head.status_code,
            {name.decode(): value.decode("latin-1") for name, value in head.headers},
        )

    async def parts(self) -> AsyncGenerator[bytes]:
        """The body of the answer, as it comes. Raises: Failed, Cut."""
        while self._wire is not None and isinstance(
            event := await self._next(self._wire), h11.Data
        ):
            yield bytes(event.data)

    async def finish(self) -> None:
        """Hear the rest of an answer that is on its way, if it comes soon: it has been caused."""
        with suppress(Failed, Cut, TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                while self._wire is not None and self._state.their_state in _ANSWERS:
                    await self._next(self._wire)

    async def close(self) -> None:
        """Leave; the next request opens another connection."""
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()

    async def _ready(self) -> tuple[bool, Wire]:
        """A connection for another request, and before it whether it was there already."""
        if self._wire is not None and not self._wire.is_over:
            with suppress(h11.LocalProtocolError):  # the server will close it, or we have left
                self._state.start_next_cycle()
                return True, self._wire
        await self.close()
        self._state = h11.Connection(h11.CLIENT)
        self._wire = await Wire.open(self._site, self._traffic)
        return False, self._wire

    async def _exchange(self, wire: Wire, request: h11.Request, body: bytes) -> h11.Response:
        events: list[h11.Event] = [request, *([h11.Data(data=body)] if body else [])]
        data = [self._state.send(event) or b"" for event in [*events, h11.EndOfMessage()]]
        await wire.send(b"".join(data))
        while not isinstance(event := await self._next(wire), h11.Response):
            if not isinstance(event, h11.InformationalResponse):
                raise Cut
        return event

    async def _next(self, wire: Wire) -> Any:
        """Raises: Cut: it ended before its end. Failed: that is no HTTP."""
        try:
            while (event := self._state.next_event()) is h11.NEED_DATA:
                data = await wire.receive()
                self._state.receive_data(data)
                if not data and self._state.their_state in {h11.IDLE, h11.SEND_RESPONSE}:
                    raise Cut
        except h11.RemoteProtocolError as error:
            _, has_ended = self._state.trailing_data
            if has_ended:
                raise Cut from None
            raise Failed(f"{self._site.netloc} does not speak HTTP: {error}") from None
        return event
