"""Clients that come back by the protocol, whatever happens, and keep what they were told."""

from __future__ import annotations

import random
import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING

from websockets.exceptions import WebSocketException

from tests.support.client import SocketClient
from tests.support.connection import Refused
from tests.support.history import Story
from tests.support.http_client import EventStreamClient, HttpClient, LongPollClient
from tests.support.inbox_state import InboxState
from tests.support.servers import SESSION_COOKIE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.connection import LoopThread

WEBSOCKET, SSE, POLL = TRANSPORTS = ("websocket", "sse", "poll")
# Section 6 of the protocol: neither hello nor bye by then.
HELLO_S = 5
# Silent for so much longer than the ping interval: the connection is dead.
SILENCE_S = 10
# The protocol's delays, but for the most: what is tested here lasts seconds.
_DELAY_S, _DELAY_MAX_S = 0.5, 2.0
_POLL_WAIT_S = 2
_LOOK_S = 0.02
# How a connection ended that we closed.
LEFT = 1000
# Verdicts that nothing here may give: time does not mend them.
_STOP_CODES = range(4000, 4100)
_STOP_STATUSES = {401, 403}
_AFTER_MS_CODES = range(4200, 4300)
# What opening a connection may end with while something is broken.
_UNREACHABLE = (OSError, TimeoutError, EOFError, WebSocketException)


class Watcher:
    """One client of one user, on a thread of its own."""

    def __init__(
        self,
        clients: LoopThread,
        transport: str,
        story: Story,
        session: str,
        origin: Callable[[], str],
        *,
        ping_interval_s: float,
    ) -> None:
        """Args: origin: the site that it comes back to, asked each time."""
        self.story = story
        self.transport = transport
        self.violations: list[str] = []
        # Code or status of a verdict that says stop.
        self.verdict: int | None = None
        # How each connection ended: close codes, statuses, or the error's name.
        self.ends: list[int | str] = []
        self.client: SocketClient | HttpClient | None = None
        self._clients = clients
        self._session = session
        self._origin = origin
        self._silence_s = SILENCE_S + max(ping_interval_s, _POLL_WAIT_S)
        self._state: InboxState | None = None
        self._failures = 0
        self._leaving = threading.Event()
        self._thread: threading.Thread

    def start(self) -> None:
        """Come; after ``stop`` with what it held then."""
        self._leaving.clear()
        self._thread = threading.Thread(target=self._run, name=self.story.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._leaving.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), self

    @property
    def where(self) -> tuple[str | None, int]:
        """The epoch and the revision that it holds."""
        return self.held.epoch, self.held.revision

    def pauses_s(self, began_at: float, ended_at: float) -> list[float]:
        """The pauses between one ping and the next in that time, its ends counted as pings."""
        client = self.client
        assert client is not None, self
        pings = [
            at
            for frame, at in zip(client.frames, client.came_at, strict=False)
            if frame["type"] == "ping" and began_at < at < ended_at
        ]
        moments = [began_at, *pings, ended_at]
        return [after - before for before, after in pairwise(moments)]

    @property
    def held(self) -> InboxState:
        """What it holds."""
        client = self.client
        return client.state if client is not None else self._state or InboxState()

    @property
    def is_synced(self) -> bool:
        """Whether it has been told, on the connection that is open, that it is up to date."""
        client = self.client
        return client is not None and client.closed is None and client.synced_times > 0

    def pause_reading(self) -> None:
        """Take nothing from the kernel on the connection that is open, until ``read_on``."""
        client = self.client
        if client is not None:
            client.pause_reading()

    def read_on(self) -> None:
        client = self.client
        if client is not None:
            client.read_on()

    def all_violations(self) -> list[str]:
        """What the servers sent that the protocol does not allow, up to now."""
        return self.violations + (self.client.violations if self.client is not None else [])

    def __str__(self) -> str:
        return f"{self.story.name} at {self.where}, after {self.ends}; {self.client}"

    def _run(self) -> None:
        while not self._leaving.is_set() and self.verdict is None:
            client = self._make()
            try:
                client.open(HELLO_S)
            except Refused as refused:
                self._ended(refused.status)
            except _UNREACHABLE as error:
                self._ended(type(error).__name__)
            else:
                self._watch(client)
            if isinstance(client, HttpClient):
                client.close()  # also what was opened for a request that failed
            self._leaving.wait(self._delay_s(client))

    def _make(self) -> SocketClient | HttpClient:
        origin = self._origin()
        options = {
            "origin": origin,
            "headers": [("Cookie", f"{SESSION_COOKIE}={self._session}")],
            "state": self._state,
        }
        if self.transport == WEBSOCKET:
            url = f"{origin.replace('http', 'ws', 1)}/ws/notifications/"
            return SocketClient(self._clients, url, **options)
        if self.transport == SSE:
            return EventStreamClient(self._clients, origin, **options)
        return LongPollClient(self._clients, origin, wait_s=_POLL_WAIT_S, **options)

    def _watch(self, client: SocketClient | HttpClient) -> None:
        self.story.connections.append(client.frames)
        self.client = client
        began_at = time.monotonic()
        while not self._leaving.wait(_LOOK_S) and client.closed is None:
            if time.monotonic() - _heard_at(client, began_at) > self._silence_s:
                client.abort()
        code = client.closed[0] if client.closed is not None else LEFT
        if code == LEFT:
            client.close()
        self._state = client.state.copy()
        self.violations += client.violations
        self.client = None
        if client.synced_times:
            self._failures = 0
        self._ended(code)

    def _ended(self, how: int | str) -> None:
        self.ends.append(how)
        if how in _STOP_CODES or how in _STOP_STATUSES:
            self.verdict = int(how)

    def _delay_s(self, client: SocketClient | HttpClient) -> float:
        byes = client.of_type("bye")
        if byes and byes[-1]["code"] in _AFTER_MS_CODES:
            return float(byes[-1]["after_ms"]) / 1000
        self._failures += 1
        return random.uniform(0, min(_DELAY_MAX_S, _DELAY_S * 2**self._failures))


def _heard_at(client: SocketClient | HttpClient, began_at: float) -> float:
    if isinstance(client, LongPollClient):
        return client.answered_at or began_at
    return client.came_at[-1] if client.came_at else began_at
