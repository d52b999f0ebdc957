"""Lets all users wait by one transport, sends to them, and counts."""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from notifications.management.comparison.access import Sender
from notifications.management.comparison.clients import (
    Client,
    ConditionalPolling,
    EventStream,
    LongPoll,
    Polling,
)
from notifications.management.comparison.failures import Failed
from notifications.management.comparison.results import Result, of_run
from notifications.management.comparison.site import Site
from notifications.management.comparison.web_socket import WebSocket

TRANSPORTS: dict[str, type[Client]] = {
    one.name: one for one in (Polling, ConditionalPolling, LongPoll, EventStream, WebSocket)
}
# After the last interval of polling, so that what was sent last can arrive.
_TAIL_S = 0.5
# What has not arrived by then is lost.
_PATIENCE_S = 15.0
_READY_S = 60.0
_TICK_S = 0.1
# A token must outlast a run, and what comes before and after it.
_MARGIN_S = 60.0


@dataclass(frozen=True)
class Plan:
    """When what is sent to whom: the same for each transport.

    Args: sends: seconds from the beginning, and the number of the user. phases: of each user.
    """

    sends: Sequence[tuple[float, int]]
    phases: Sequence[float]
    interval_s: float

    @classmethod
    def random(cls, users: int, messages: int, mean_gap_s: float, interval_s: float) -> Plan:
        """Somebody is sent something after gaps as telephone calls have them."""
        dice = random.Random()  # noqa: S311 (no secret)
        gaps = [dice.expovariate(1 / mean_gap_s) for _ in range(messages)]
        moments = itertools.accumulate(gaps)
        return cls(
            [(moment, dice.randrange(users)) for moment in moments],
            [(number + dice.random()) / users for number in range(users)],
            interval_s,
        )

    @property
    def seconds(self) -> float:
        """How long a transport is watched."""
        return self.sends[-1][0] + self.interval_s + _TAIL_S


@dataclass
class _Arrivals:
    sent_at: dict[str, float] = field(default_factory=dict)
    seen_at: dict[str, float] = field(default_factory=dict)

    def see(self, title: str) -> None:
        self.seen_at.setdefault(title, time.monotonic())

    @property
    def are_complete(self) -> bool:
        return self.sent_at.keys() <= self.seen_at.keys()

    def delays_ms(self) -> list[float]:
        both = self.sent_at.keys() & self.seen_at.keys()
        return [(self.seen_at[title] - self.sent_at[title]) * 1000 for title in both]


async def measure(
    transport: type[Client],
    plan: Plan,
    *,
    site: Site,
    names: Sequence[str],
    sender: Sender,
    cpu_s: Callable[[], float | None],
    tell: Callable[[float], None] = lambda _: None,
) -> Result:
    """One transport. Args: tell: how much of it is over, from 0 to 1. Raises: Failed."""
    # One after the other: all are of one key, which may ask only so often at once.
    passes = [await sender.enter(name, plan.seconds + _MARGIN_S) for name in names]
    arrivals = _Arrivals()
    clients = [
        transport(site, who, arrivals.see, interval_s=plan.interval_s, phase=phase)
        for who, phase in zip(passes, plan.phases, strict=True)
    ]
    cpu_before, began_at = cpu_s(), time.monotonic()
    ended_at = await _Run(clients, plan, names, sender, arrivals, tell).run()
    cpu_after = cpu_s()
    return of_run(
        transport.name,
        [client.traffic for client in clients],
        sent=len(arrivals.sent_at),
        delays_ms=arrivals.delays_ms(),
        began_at=began_at,
        ended_at=ended_at,
        cpu_s=None if cpu_before is None or cpu_after is None else cpu_after - cpu_before,
    )


@dataclass(frozen=True)
class _Run:
    """The clients of one transport, and what is sent to them."""

    clients: Sequence[Client]
    plan: Plan
    names: Sequence[str]
    sender: Sender
    arrivals: _Arrivals
    tell: Callable[[float], None]

    async def run(self) -> float:
        """Send while the clients run; when all had arrived, and they left. Raises: Failed."""
        running = [asyncio.create_task(client.run()) for client in self.clients]
        sending = asyncio.create_task(self._send_all())
        try:
            await asyncio.wait([sending, *running], return_when=asyncio.FIRST_COMPLETED)
            for task in running:
                if task.done():
                    task.result()  # it ends by an error alone
            await sending
            return time.monotonic()
        finally:
            for task in (sending, *running):
                task.cancel()
            await asyncio.gather(sending, *running, return_exceptions=True)

    async def _send_all(self) -> None:
        await self._until_ready()
        began_at, mark = time.monotonic(), secrets.token_hex(4)
        for number, (moment, user) in enumerate(self.plan.sends, 1):
            await self._until(began_at, moment)
            title = f"Comparison {mark}, {number} of {len(self.plan.sends)}"
            self.arrivals.sent_at[title] = await self.sender.send(title, self.names[user])
        await self._until(began_at, self.plan.seconds)
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                while not self.arrivals.are_complete:  # noqa: ASYNC110 (each tells one set of all)
                    await asyncio.sleep(_TICK_S)
        self.tell(1)

    async def _until_ready(self) -> None:
        try:
            async with asyncio.timeout(_READY_S):
                for client in self.clients:
                    await client.ready.wait()
        except TimeoutError:
            raise Failed(f"Not all have a connection within {_READY_S:.0f} s.") from None

    async def _until(self, began_at: float, moment: float) -> None:
        while (left := began_at + moment - time.monotonic()) > 0:
            self.tell((moment - left) / self.plan.seconds)
            await asyncio.sleep(min(left, _TICK_S))
