"""Clients of `notifications.v1` over HTTP, written from the protocol's page alone.

They have the face of ``SocketClient``, so that a test can be about whatever carries the stream.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from tests.support.connection import PATIENCE_S, Refused
from tests.support.holder import Holder
from tests.support.inbox_state import InboxState
from tests.support.judge import Judge
from tests.support.wire import Frame, parse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from typing import Self

    from tests.support.connection import LoopThread

EVENTS, POLL = "/api/v1/inbox/events", "/api/v1/inbox/poll"
POLL_S = 25
OK, UNAVAILABLE = 200, 503
# With these types an event names the cursor that it brings the client to.
WITH_ID = {"changes", "snapshot", "synced"}
SHAPE = {"user": str, "epoch": str, "revision": int, "floor": int, "counts": dict, "frames": list}


class Exchange:
    """One request on a connection of its own, and what a server answers; its body as it comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.status = 0
        self.headers: dict[str, str] = {}

    @classmethod
    async def begin(
        cls,
        url: str,
        headers: Sequence[tuple[str, str]],
        *,
        method: str = "GET",
        receive_buffer_bytes: int | None = None,
    ) -> Self:
        """Connect, and send the request."""
        parts = urlsplit(url)
        connected = socket.socket()
        connected.setblocking(False)
        if receive_buffer_bytes is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        address = (parts.hostname, parts.port)
        try:
            await asyncio.get_running_loop().sock_connect(connected, address)
            exchange = cls(*await asyncio.open_connection(sock=connected, limit=2**24))
        except BaseException:  # whoever asks may be told to leave meanwhile
            connected.close()
            raise
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        if not any(name.lower() == "host" for name, _ in headers):
            lines.insert(1, f"Host: {parts.netloc}")
        exchange.writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        return exchange

    async def head(self) -> Self:
        """Wait for the status and the headers."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *fields = head.split("\r\n")[:-2]
        self.status = int(first.split(" ")[1])
        for field in fields:
            name, _, value = field.partition(":")
            self.headers[name.lower()] = value.strip()
        return self

    async def parts(self) -> AsyncIterator[bytes]:
        """Raises: IncompleteReadError, OSError: it ended before its end."""
        if "content-length" in self.headers:
            yield await self.reader.readexactly(int(self.headers["content-length"]))
        elif self.headers.get("transfer-encoding") == "chunked":
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                yield (await self.reader.readexactly(size + 2))[:-2]
        else:
            while part := await self.reader.read(65536):
                yield part

    async def body(self) -> bytes:
        return b"".join([part async for part in self.parts()])

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            # Shielded: whoever is told to leave meanwhile would cancel it for all who wait for it.
            await asyncio.shield(self.writer.wait_closed())


class HttpClient(Holder):
    """Asks, and asks again, with what it holds as the cursor."""

    path: str

    def __init__(
        self,
        clients: LoopThread,
        site: str,
        *,
        state: InboxState | None = None,
        query: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
        origin: str | None = None,
        judges: bool = True,
        reads: bool = True,
        comes_back: bool = True,
        receive_buffer_bytes: int | None = None,
        sites: Sequence[str] = (),
    ) -> None:
        """Args: site: scheme, host and port. query: of the first request, instead of the state's
        cursor. comes_back: else it has ended when the first response has. sites: all that it may
        ask, in turns, while one of them does not answer; this list may change.
        """
        super().__init__(clients, state, judges=judges)
        self.requests = 0
        self._url = site + self.path
        self._sites = sites
        self._query = query
        self._headers = list(headers)
        if origin:
            self._headers.append(("Origin", origin))
        self._reads = reads
        self._comes_back = comes_back
        self._receive_buffer_bytes = receive_buffer_bytes
        self._exchange: Exchange | None = None
        self._task: asyncio.Task[None] | None = None

    def open(self, within_s: float = PATIENCE_S) -> Self:
        """Raises: Refused: the server answered with another status than 200."""
        self._clients.run(self._open(), within_s)
        return self

    def close(self) -> None:
        """Leave; a server notices by the connection."""
        self._clients.run(self._close())

    def abort(self) -> None:
        self._clients.loop.call_soon_threadsafe(self._exchange.writer.transport.abort)

    def pause_reading(self) -> None:
        """Take nothing more from the kernel on this connection, until ``read_on``."""
        transport = self._exchange.writer.transport
        self._clients.loop.call_soon_threadsafe(transport.pause_reading)

    def read_on(self) -> None:
        """Take from the kernel what has come, and will come."""
        transport = self._exchange.writer.transport
        self._clients.loop.call_soon_threadsafe(transport.resume_reading)

    @property
    def local_port(self) -> int:
        port: int = self._exchange.writer.get_extra_info("sockname")[1]
        return port

    @property
    def headers(self) -> dict[str, str]:
        return self._exchange.headers

    def until_answered(self) -> Self:
        """Wait until it holds whatever the server has for it at this moment."""
        head = self._clients.run(self._head())
        return self.until_revision(head)

    def __str__(self) -> str:
        last = "\n  ".join(str(frame)[:300] for frame in self.frames[-8:])
        return f"{self._url}, closed: {self.closed}, {len(self.frames)} frames:\n  {last}"

    async def _open(self) -> None:
        raise NotImplementedError

    async def _close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._exchange is not None:
            await self._exchange.close()
        self._end(1000)

    async def _head(self) -> int:
        site = self._url.removesuffix(self.path)
        exchange = await Exchange.begin(f"{site}{POLL}?wait=0", self._headers)
        revision: int = parse(await (await exchange.head()).body())["revision"]
        await exchange.close()
        return revision

    async def _request(self, query: str | None, *more: tuple[str, str]) -> Exchange:
        while True:
            self.requests += 1
            try:
                return await self._request_once(query, *more)
            except (OSError, asyncio.IncompleteReadError):
                if not self._sites:
                    raise
            except Refused as refused:
                if not self._sites or refused.status != UNAVAILABLE:
                    raise
            # Any proxy would do so, and take the next.
            self._url = self._sites[self.requests % len(self._sites)] + self.path
            await asyncio.sleep(0.05)

    async def _request_once(self, query: str | None, *more: tuple[str, str]) -> Exchange:
        if self._exchange is not None:
            await self._exchange.close()
        exchange = self._exchange = await Exchange.begin(
            f"{self._url}?{query}" if query else self._url,
            [*self._headers, *more],
            receive_buffer_bytes=self._receive_buffer_bytes,
        )
        await exchange.head()
        if exchange.status != OK:
            body = await exchange.body()
            await exchange.close()
            await exchange.close()
            raise Refused(exchange.status, exchange.headers, body)
        return exchange

    def _cursor(self) -> dict[str, Any]:
        if self.state.epoch is None:
            return {}
        return {"epoch": self.state.epoch, "since": self.state.revision}

    def _came(self, frame: Frame, size_bytes: int) -> None:
        with self._changed:
            if self._take(frame, size_bytes) and self._judges:
                self.violations.append(f"a gap: {str(frame)[:200]}")
            self._changed.notify_all()

    def _end(self, code: int) -> None:
        with self._changed:
            self.closed = self.closed or (code, "")
            self._changed.notify_all()


class EventStreamClient(HttpClient):
    """Server-sent events. It comes back as a browser does: with the old URL, and Last-Event-ID."""

    path = EVENTS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.last_event_id: str | None = None
        # How many bytes each response had.
        self.sizes: list[int] = []

    async def _open(self) -> None:
        self._query = self._query or urlencode(self._cursor())
        response = await self._request(self._query)
        if not self._reads:
            response.writer.transport.pause_reading()
        self._task = asyncio.ensure_future(self._run(response))

    async def _run(self, response: Exchange) -> None:
        try:
            while True:
                self._judge = Judge(self.state.revision, self.violations)
                bye = await self._read(response)
                if self._judges:
                    self._judge.ended(bye["code"])
                if not (self._comes_back and bye["reconnect"]):
                    self._end(bye["code"])
                    return
                await asyncio.sleep(bye["after_ms"] / 1000)
                # A browser has nothing to say where it got no id.
                last = self.last_event_id
                response = await self._request(
                    self._query, *([("Last-Event-ID", last)] if last else [])
                )
        except Refused as refused:
            self._end(refused.status)
        except (OSError, asyncio.IncompleteReadError):
            self._end(1006)

    async def _read(self, response: Exchange) -> Frame:
        """Take all events of a response; the `bye` that must be the last of them."""
        waiting, bye, size = b"", None, 0
        self.sizes.append(0)
        if response.headers["content-type"] != "text/event-stream":
            self.violations.append(f"{response.headers}")
        async for part in response.parts():
            self.sizes[-1] += len(part)
            *blocks, waiting = (waiting + part).split(b"\n\n")
            for block in blocks:
                frame, size = self._event(block)
                if frame is None:
                    continue
                if bye is not None:
                    self.violations.append(f"{frame['type']} after bye")
                bye = frame if frame["type"] == "bye" else None
                self._came(frame, size)
        if bye is None:
            raise asyncio.IncompleteReadError(waiting, None)
        return bye

    def _event(self, block: bytes) -> tuple[Frame | None, int]:
        fields: dict[str, str] = {}
        for line in block.decode().split("\n"):
            name, _, value = line.partition(":")
            if name in fields:
                self.violations.append(f"two {name} in one event")
            if name:
                fields[name] = value.removeprefix(" ")
        if "data" not in fields:
            return None, 0  # a comment
        frame = parse(fields["data"])
        if fields.get("event") != frame["type"]:
            self.violations.append(f"event {fields.get('event')} is {frame['type']}")
        if ("id" in fields) != (frame["type"] in WITH_ID):
            self.violations.append(f"{frame['type']} with the id {fields.get('id')}")
        if "id" in fields:
            self.last_event_id = fields["id"]
            epoch = frame.get("epoch") or self.state.epoch
            if fields["id"] != f"{epoch}.{frame['revision']}":
                self.violations.append(f"id {fields['id']} of {epoch}.{frame['revision']}")
        if frame["type"] in {"error", "pong"}:
            self.violations.append(f"{frame['type']} over SSE")
        return frame, len(fields["data"].encode())


class LongPollClient(HttpClient):
    """Long poll. Its first request does not wait, so that it is soon up to date."""

    path = POLL

    def __init__(self, *arguments: Any, wait_s: int = POLL_S, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.answers: list[dict[str, Any]] = []
        # When the last of them came, by the monotonic clock.
        self.answered_at: float | None = None
        self.wait_s = wait_s

    @property
    def hello(self) -> Frame:
        """What the first answer says beside its frames."""
        frame: Frame = self.until(lambda: self.answers, "an answer")[0]
        return frame

    async def _open(self) -> None:
        query = self._query or urlencode(self._cursor() | {"wait": 0})
        await self._ask(query)
        if self._comes_back:
            self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        try:
            while True:
                await self._ask(urlencode(self._cursor() | {"wait": self.wait_s}))
        except Refused as refused:
            self._end(refused.status)
        except (OSError, asyncio.IncompleteReadError):
            self._end(1006)

    async def _ask(self, query: str) -> None:
        since, began_at = self.state.revision, self._clients.loop.time()
        response = await self._request(query)
        answer = parse(await response.body())
        self._judge_answer(answer, since)
        for frame in answer["frames"]:
            compact = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
            self._came(frame, len(compact.encode()))
        with self._changed:
            self.answers.append(answer)
            self.answered_at = time.monotonic()
            if not answer["frames"]:
                self.synced_times += 1
            self._changed.notify_all()
        if not answer["frames"] and self._clients.loop.time() < began_at + self.wait_s / 2:
            await asyncio.sleep(0.05)  # one step of backing off

    def _judge_answer(self, answer: dict[str, Any], since: int) -> None:
        faults = [name for name, kind in SHAPE.items() if not isinstance(answer.get(name), kind)]
        if faults or set(answer["counts"]) != {"unread", "unseen"}:
            self.violations.append(f"faults {faults} of {str(answer)[:300]}")
        kinds = [frame["type"] for frame in answer["frames"]]
        content = kinds[:-1]
        well_formed = not kinds or (
            kinds[-1] == "synced" and (content == ["snapshot"] or set(content) == {"changes"})
        )
        if not well_formed:
            self.violations.append(f"an answer of {kinds}")
        at = answer["frames"][-1]["revision"] if kinds else since
        if answer["revision"] != at:
            self.violations.append(f"the answer is at {answer['revision']}, its frames at {at}")
        # As if it came on a connection that has said hello.
        self._judge = Judge(since, self.violations, epoch=answer["epoch"])


CLIENTS: dict[str, type[HttpClient]] = {"sse": EventStreamClient, "poll": LongPollClient}
