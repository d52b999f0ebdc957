"""From a commit in another process to the frame at one user's socket, at several rates.

``python -m benchmarks.push --sockets 1000 --rounds 5`` opens that many sockets of as many users
on one server process, on SQLite without Redis and on PostgreSQL without it and with it. Another
process sends to one user after the other, by chance, by the clock and not by the answers: what a
send writes, by one statement or a few, so that the sender leaves the machine to others; and at a
lower rate by ``sending.send``. It counts from the commit to the arrival of the frame.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from benchmarks import harness, machine
from benchmarks.sender import Change, Sender
from benchmarks.site import WAYS, ended, prepared, services, serving, until_listening
from benchmarks.sockets import Socket, connect_all
from notifications.management.comparison.results import percentile
from tests.support.ports import free_port


@dataclass(frozen=True)
class Load:
    """Sends a second; so many in a transaction; by ``sending.send``, or by what that writes."""

    rate: int
    together: int = 1
    is_real: bool = False


# As many sends take a sender who puts ten or more into a transaction, as `notify --jsonl` does.
LOADS = {
    "200/s": Load(200),
    "1,000/s": Load(1000, 10),
    "2,000/s": Load(2000, 20),
    "sending.send, 50/s": Load(50, is_real=True),
}
# Milliseconds until the frame, of 99 in 100.
BUDGETS_MS = {"SQLite, 200/s": 5.0, "PostgreSQL, 200/s": 10.0, "PostgreSQL + Redis, 200/s": 5.0}
# So long after the last commit all must have come.
_PATIENCE_S = 10


class Inbox(Socket):
    """A socket that remembers when each revision came."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: list[tuple[float, int]] = []

    def take(self, frame: bytes) -> None:
        super().take(frame)
        if frame.startswith(b'{"type":"changes"'):
            newest = max(one["revision"] for one in json.loads(frame)["notifications"])
            self.arrived.append((self.last_at, newest))

    def arrived_at(self, revision: int) -> float | None:
        """When that was there, or what came after it."""
        return next((at for at, newest in self.arrived if newest >= revision), None)


@dataclass
class Way:
    """A server that runs, its sockets, and who sends to them."""

    sockets: list[Inbox]
    sender: Sender

    async def measure(self, load: Load, seconds: float) -> tuple[float, ...]:
        """Milliseconds to the frame of half and of 99 in 100, and sends a second."""
        for one in self.sockets:
            one.arrived.clear()
        changes = await self.sender.keep_sending(
            load.rate, seconds, load.together, is_real=load.is_real
        )
        waits = await waits_ms(self.sockets, changes)
        return percentile(waits, 0.5), percentile(waits, 0.99), len(changes) / seconds


async def waits_ms(sockets: Sequence[Inbox], changes: Iterable[Change]) -> list[float]:
    """From the commit of each change to its frame.

    Raises: TimeoutError: one of them has not come.
    """
    deadline = time.monotonic() + _PATIENCE_S
    waits = []
    for user, revision, committed in changes:
        while (there := sockets[user].arrived_at(revision)) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"revision {revision} of user {user} has not come")
            await asyncio.sleep(0.005)
        waits.append((there - committed) * 1000)
    return waits


def main() -> None:
    parser = harness.options(__doc__, sockets=1000)
    parser.add_argument("--seconds", type=float, default=1.5, help="for each rate of a round")
    options = parser.parse_args()
    harness.many_sockets()
    harness.stay_aside()
    described = machine.describe()
    whom = f"Commit in another process -> frame of one user of {options.sockets}"
    tables = (
        harness.Table(f"{whom}, p50", "ms"),
        harness.Table(f"{whom}, p99", "ms", budgets=BUDGETS_MS),
        harness.Table(f"{whom}: what the sender could do", "sends a second", more_is_better=True),
    )
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(_started(*way, options.sockets))
            for name, way in WAYS.items()
            if name in (options.only or WAYS)
        }
        asyncio.run(_measure(started, options.rounds, options.seconds, tables))
    harness.keep(options.results, "push", described, tables)


async def _measure(
    started: dict[str, tuple[int, list[str], Sender]], rounds: int, seconds: float,
    tables: tuple[harness.Table, ...],
) -> None:  # fmt: skip
    ways = {name: await _connected(*one) for name, one in started.items()}
    for way in ways.values():
        for load in LOADS.values():  # what is slow the first time counts for nobody
            await way.measure(load, 0.3)
    for way, name in harness.turns(rounds, [(way, name) for way in ways for name in LOADS]):
        figures = await ways[way].measure(LOADS[name], seconds)
        for table, figure in zip(tables, figures, strict=True):
            table.add(f"{way}, {name}", figure)


@contextmanager
def _started(
    database: str,
    has_redis: bool,  # noqa: FBT001
    count: int,
) -> Iterator[tuple[int, list[str], Sender]]:
    """The port of a server, the sessions of its users, and who sends to them."""
    with services(database, has_redis=has_redis) as environment:
        keys = prepared(environment, count)
        port = free_port()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = harness.start(serving("uvicorn", port), env=environment, **quiet)
        with ended(process), closing(Sender(environment)) as sender:
            until_listening(port)
            yield port, keys, sender


async def _connected(port: int, keys: list[str], sender: Sender) -> Way:
    sockets = await connect_all(port, "/ws/notifications/", keys, is_greeted=True, kind=Inbox)
    # The hub joins the groups of newcomers at a bounded rate; what is measured is after that.
    await harness.rest(3)
    return Way(sockets, sender)


if __name__ == "__main__":
    main()
