"""A client for each way of asking what is new over HTTP, and what all clients have in common."""

from __future__ import annotations

import asyncio
import json
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from notifications.management.comparison.connection import Answer, Cut, Headers, Http
from notifications.management.comparison.failures import Failed
from notifications.management.comparison.site import Site
from notifications.management.comparison.traffic import Traffic
from notifications.wire import contract

OK, NOT_MODIFIED = 200, 304
# As many as a panel shows.
PAGE_SIZE = 20
POLL_WAIT_S = contract.POLL_DEFAULT_S
_BACK_OFF_S = 0.5


@dataclass(frozen=True)
class Pass:
    """By what one user comes in, and what that user's inbox was at when we began."""

    name: str
    token: str
    epoch: str
    revision: int


class Client(ABC):
    """One user's page, which begins with the inbox that it was rendered with.

    Args: sees: told the title of each notification as it arrives, of an old one too. phase: between
        0 and 1: where in its interval a poller begins, since pages are opened at any time.
    """

    name: ClassVar[str]
    label: ClassVar[str]

    def __init__(
        self, site: Site, who: Pass, sees: Callable[[str], None], *, interval_s: float, phase: float
    ) -> None:
        self.traffic = Traffic()
        # Once what is sent arrives as soon as it can.
        self.ready = asyncio.Event()
        self.site, self.who, self._sees = site, who, sees
        self._interval_s, self._phase = interval_s, phase
        self.epoch, self.revision = who.epoch, who.revision

    @abstractmethod
    async def run(self) -> None:
        """Until it is cancelled. Raises: Failed."""

    def cursor(self, **more: Any) -> str:
        return urlencode({"epoch": self.epoch, "since": self.revision, **more})

    def take(self, frame: dict[str, Any]) -> bool:
        """Whether it brought anything new."""
        if "epoch" in frame:
            self.epoch = frame["epoch"]
        if frame["type"] in {"changes", "snapshot", "synced"}:
            self.revision = frame["revision"]
        notifications = frame.get("notifications", ())
        self._see(notifications)
        return bool(notifications)

    def _see(self, notifications: Iterable[dict[str, Any]]) -> None:
        for one in notifications:
            self._sees(one["title"])


class HttpClient(Client):
    """Asks by requests."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._http = Http(self.site, self.traffic, self.who.token)

    async def run(self) -> None:
        try:
            while True:
                try:
                    await self._go_on()
                except Cut:
                    await asyncio.sleep(_BACK_OFF_S * random.random())  # noqa: S311 (no secret)
        finally:
            await self.close()

    async def close(self) -> None:
        """Leave."""
        await self._http.close()

    @abstractmethod
    async def _go_on(self) -> None:
        """Until the connection is cut. Raises: Cut, Failed."""

    async def _get(self, path: str, headers: Headers = ()) -> Answer:
        answer = await self._http.ask(self.site.api(path), headers)
        must_be_well(answer, self.who.name)
        return answer


class Polling(HttpClient):
    """Asks for the page of the inbox each time, whatever it holds."""

    name = "poll"
    label = "Polling"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._newest = self.who.revision

    async def _go_on(self) -> None:
        self.ready.set()
        loop = asyncio.get_running_loop()
        due = loop.time() + self._phase * self._interval_s
        while True:
            await asyncio.sleep(due - loop.time())
            await self.poll()
            due = max(due + self._interval_s, loop.time())

    async def close(self) -> None:
        # Unlike those of the others an answer to a poll comes at once.
        await self._http.finish()
        await super().close()

    async def poll(self) -> None:
        """Ask once, and for older pages where all of a page is new."""
        query, newest, condition = f"limit={PAGE_SIZE}", self._newest, self._condition()
        while query:
            answer = await self._get(f"inbox?{query}", condition)
            if answer.status == NOT_MODIFIED:
                self.traffic.empty += 1
                return
            page = answer.json()
            new = [one for one in page["notifications"] if one["arrived_revision"] > newest]
            self._see(new)
            self.traffic.empty += not new
            self._newest = max(self._newest, page["revision"])
            self.epoch = page["epoch"]
            is_all_new = len(new) == PAGE_SIZE and page["next_before"] is not None
            query = f"limit={PAGE_SIZE}&before={page['next_before']}" if is_all_new else ""
            # Of what is older we hold nothing.
            condition = ()

    def _condition(self) -> Headers:
        return ()


class ConditionalPolling(Polling):
    """Names what it holds, and is answered 304 where that is still so."""

    name = "poll-etag"
    label = "Polling with ETag"

    def _condition(self) -> Headers:
        return [("If-None-Match", f'"{self.epoch}.{self._newest}"')]


class LongPoll(HttpClient):
    """Asks anew after each answer, and the server answers when there is something to say."""

    name = "long-poll"
    label = "Long poll"

    async def _go_on(self) -> None:
        self.ready.set()
        while True:
            answer = await self._get(f"inbox/poll?{self.cursor(wait=POLL_WAIT_S)}")
            said = answer.json()
            self.traffic.empty += not [frame for frame in said["frames"] if self.take(frame)]


class EventStream(HttpClient):
    """Server-sent events: one answer that goes on."""

    name = "sse"
    label = "Server-sent events"

    async def _go_on(self) -> None:
        target = self.site.api(f"inbox/events?{self.cursor()}")
        wait_s = _BACK_OFF_S
        must_be_well(
            await self._http.begin(target, [("Accept", "text/event-stream")]), self.who.name
        )
        waiting = b""
        async for part in self._http.parts():
            *events, waiting = (waiting + part).split(b"\n\n")
            for frame in filter(None, map(_frame_of, events)):
                wait_s = self._hear(frame, wait_s)
        await self._http.close()
        await asyncio.sleep(wait_s)

    def _hear(self, frame: dict[str, Any], wait_s: float) -> float:
        """How long to wait before the next stream, once this one ends."""
        if frame["type"] == "bye":
            return after_s(frame, self.who.name)
        self.take(frame)
        if frame["type"] == "synced":
            self.ready.set()
        return wait_s


def _frame_of(event: bytes) -> dict[str, Any] | None:
    """What an event carries; None for a comment."""
    lines = [line[5:] for line in event.split(b"\n") if line.startswith(b"data:")]
    return json.loads(b"\n".join(lines)) if lines else None


def after_s(bye: dict[str, Any], name: str) -> float:
    """When to come back. Raises: Failed: not at all."""
    if not bye["reconnect"]:
        raise Failed(f"The server sent {name} away: {bye['code']}, {bye['reason']}")
    return float(bye["after_ms"]) / 1000


def must_be_well(answer: Answer, name: str) -> None:
    """Raises: Failed: the server refused, and says why."""
    if answer.status in {OK, NOT_MODIFIED}:
        return
    said = ""
    if answer.body and answer.headers.get("content-type", "").startswith("application/problem+"):
        problem = answer.json()
        faults = [fault for field in problem.get("errors", {}).values() for fault in field]
        said = ": " + " ".join(faults or [problem.get("detail", "")])
    raise Failed(f"For {name} the server answered {answer.status}{said}")
