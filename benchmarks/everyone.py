"""A notification to everyone, committed by another process: what it costs the server, and how
late the last of its sockets hears of it.

``python -m benchmarks.everyone --sockets 1000 --rounds 5`` on SQLite without Redis, on PostgreSQL
without it and with it, in turns. The sender dispatches; the server has a core of its own. The
time begins when the sender has committed the notification and goes on to the last socket's frame,
so the dispatch to all inboxes is in it.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from benchmarks import harness, machine
from benchmarks.sender import Sender
from benchmarks.site import WAYS, ended, prepared, services, serving, until_listening
from benchmarks.sockets import Socket, connect_all, until_received
from tests.support.ports import free_port

# Microseconds of the server's CPU a delivery, and milliseconds until the last, for 1,000 sockets.
BUDGET_US = {"SQLite": 25.0, "PostgreSQL": 25.0}
BUDGET_MS = {"SQLite": 40.0, "PostgreSQL": 30.0}
MESSAGES = 5
# So long after one message nothing of it is at work any more: receipts, the journal.
_REST_S = 0.2


@dataclass
class Started:
    """A server and a sender; the keys are those of the sessions of its users."""

    pid: int
    port: int
    keys: list[str]
    sender: Sender


@dataclass
class Way:
    pid: int
    sockets: list[Socket]
    sender: Sender

    async def measure(self) -> tuple[float, float]:
        """Microseconds of the server's CPU a delivery, and milliseconds until the last."""
        waits_ms = []
        began_s = harness.cpu_s(self.pid)
        for _ in range(MESSAGES):
            had = self.sockets[0].received
            committed = await self.sender.send("everyone", None)
            await until_received(self.sockets, had + 1)
            waits_ms.append((max(one.last_at for one in self.sockets) - committed) * 1000)
            await harness.rest(_REST_S)
        cost_s = harness.cpu_s(self.pid) - began_s
        return cost_s / MESSAGES / len(self.sockets) * 1e6, statistics.median(waits_ms)


def main() -> None:
    options = harness.options(__doc__, sockets=1000).parse_args()
    harness.many_sockets()
    harness.stay_aside()
    described = machine.describe()
    whom = f"Everyone from another process, {options.sockets} sockets, {MESSAGES} messages a round"
    costs = harness.Table(whom, "us of the server's CPU a delivery", budgets=BUDGET_US)
    waits = harness.Table(whom, "ms from the commit to the last socket", budgets=BUDGET_MS)
    with ExitStack() as stack:
        # All that takes its time stands before the first socket is open: who connects must answer.
        started = {
            name: stack.enter_context(_started(database, options.sockets, has_redis=has_redis))
            for name, (database, has_redis) in WAYS.items()
            if name in (options.only or WAYS)
        }
        asyncio.run(_measure(started, options.rounds, costs, waits))
    harness.keep(options.results, "everyone", described, [costs, waits])


async def _measure(
    started: dict[str, Started], rounds: int, costs: harness.Table, waits: harness.Table
) -> None:
    ways = {name: await _connected(one) for name, one in started.items()}
    for way in ways.values():
        await way.measure()  # what is slow the first time counts for nobody
    for name in harness.turns(rounds, [*ways]):
        cost_us, wait_ms = await ways[name].measure()
        costs.add(name, cost_us)
        waits.add(name, wait_ms)
        print(f"  {name}: {cost_us:.1f} us, last after {wait_ms:.1f} ms", flush=True)


@contextmanager
def _started(database: str, count: int, *, has_redis: bool) -> Iterator[Started]:
    with services(database, has_redis=has_redis) as environment:
        keys = prepared(environment, count)
        port = free_port()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = harness.start(serving("uvicorn", port), env=environment, **quiet)
        sender = Sender(environment)
        with ended(process) as server, closing(sender):
            until_listening(port)
            yield Started(server.pid, port, keys, sender)


async def _connected(one: Started) -> Way:
    sockets = await connect_all(one.port, "/ws/notifications/", one.keys, is_greeted=True)
    # The hub joins the groups of newcomers at a bounded rate.
    await harness.rest(3)
    return Way(one.pid, sockets, one.sender)


if __name__ == "__main__":
    main()
