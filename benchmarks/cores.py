"""What each of several server processes does for the same sends, and how many handshakes they
take.

``python -m benchmarks.cores --processes 1 2 4 8 --rounds 5`` starts so many processes on
PostgreSQL with Redis, each with as many sockets as the others, and has another process send: to
everyone, and to one user after the other. It counts what a process has of it: messages that the
channel layer brings, statements it gives to the database, and how often it wakes up; these do not
depend on how many cores there are. As long as none grows with the number of processes, more of
them do more.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import harness, machine
from benchmarks.push import Inbox, waits_ms
from benchmarks.sender import Sender
from benchmarks.site import counted, ended, prepared, services, serving, until_listening
from benchmarks.sockets import connect_all, until_received
from tests.support.ports import free_port

COUNTED = ("messages", "statements", "wake-ups")
# It stays as it is, but for chance.
MOST_EXPONENT = 0.1
BROADCASTS, RATE, SECONDS = 5, 100, 1.5
# As many are at it at once as have a process for themselves.
_TOGETHER = 20


def main() -> None:
    parser = harness.options(__doc__, sockets=50)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4, 8])
    options = parser.parse_args()
    harness.many_sockets()
    described = machine.describe()
    whom = (
        f"{options.sockets} sockets a process, {BROADCASTS} sends to all and {RATE}/s to one each"
    )
    each = {name: harness.Table(f"{whom}: {name} of a process", "a round") for name in COUNTED}
    accepted = harness.Table("Handshakes, all processes", "a second", more_is_better=True)
    connections = harness.Table("Connections to PostgreSQL", "a process")
    for count in options.processes:
        site = _Site(count, options.sockets)
        for name, figures in site.measured(options.rounds).items():
            table = {**each, "handshakes": accepted, "connections": connections}[name]
            table.figures[_label(count)] = figures
    growth = harness.Table(
        "How that grows with the number of processes", "exponent",
        budgets=dict.fromkeys(COUNTED, MOST_EXPONENT),
    )  # fmt: skip
    for name, table in each.items():
        for n in range(options.rounds):
            costs = {count: table.figures[_label(count)][n] for count in options.processes}
            growth.add(name, harness.exponent(costs))
    tables = [growth, *each.values(), accepted, connections]
    harness.keep(options.results, "cores", described, tables)


def _label(count: int) -> str:
    return f"{count} process{'es' * (count > 1)}"


@dataclass
class _Site:
    """So many processes, and as many sockets to each."""

    count: int
    sockets: int

    def measured(self, rounds: int) -> dict[str, list[float]]:
        with ExitStack() as stack:
            environment = stack.enter_context(services("postgresql"))
            keys = prepared(environment, self.sockets * self.count)
            settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.counted_settings"}
            quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            servers = {}
            for _ in range(self.count):
                port = free_port()
                command = serving("uvicorn", port)
                process = subprocess.Popen(command, env=environment | settings, **quiet)
                servers[port] = stack.enter_context(ended(process)).pid
            for port in servers:
                until_listening(port)
            sender = stack.enter_context(closing(Sender(environment)))
            run = _Run(environment["DATABASE_URL"], servers, keys, sender)
            return asyncio.run(run.measured(rounds))


class _Run:
    def __init__(
        self, database: str, servers: dict[int, int], keys: list[str], sender: Sender
    ) -> None:  # fmt: skip
        """Args: servers: the processes, by their ports."""
        self._database, self._servers = database, servers
        self._keys, self._sender = keys, sender

    async def measured(self, rounds: int) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        began = time.monotonic()
        sockets = await self._connected()
        found["handshakes"] = [len(sockets) / (time.monotonic() - began)]
        await harness.rest(3)
        await self._sends(sockets)  # what is slow the first time counts for nobody
        found["connections"] = [await asyncio.to_thread(self._connections) / len(self._servers)]
        for _ in range(rounds):
            before = await asyncio.to_thread(self._counts)
            await self._sends(sockets)
            after = await asyncio.to_thread(self._counts)
            for name in COUNTED:
                each = (after[name] - before[name]) / len(self._servers)
                found.setdefault(name, []).append(each)
        return found

    async def _connected(self) -> list[Inbox]:
        """A socket of each user, in the users' order: each process has every so manieth."""
        ports = list(self._servers)
        parts = [
            connect_all(
                port, "/ws/notifications/", self._keys[n :: len(ports)], is_greeted=True, kind=Inbox
            )
            for n, port in enumerate(ports)
        ]
        by_port: Sequence[list[Inbox]] = await asyncio.gather(*parts)
        return [by_port[n % len(ports)][n // len(ports)] for n in range(len(self._keys))]

    async def _sends(self, sockets: list[Inbox]) -> None:
        began = time.monotonic()
        for _ in range(BROADCASTS):
            had = [one.received for one in sockets]
            await self._sender.send("everyone", None)
            await until_received(sockets, min(had) + 1)
        changes = await self._sender.keep_sending(RATE, SECONDS, is_real=False)
        await waits_ms(sockets, changes)
        # As long each time, since a process does some things by the clock.
        await harness.rest(max(0, began + 2 * SECONDS - time.monotonic()))

    def _counts(self) -> dict[str, float]:
        """What all processes have done so far."""
        found = [counted(port) for port in self._servers]
        return {
            "messages": sum(one["messages"] for one in found),
            "statements": sum(one["queries"] for one in found),
            "wake-ups": sum(_wake_ups(pid) for pid in self._servers.values()),
        }

    def _connections(self) -> int:
        import psycopg  # noqa: PLC0415 (only here)

        with psycopg.connect(self._database) as connection:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            row = connection.execute(asked).fetchone()
        assert row is not None
        return int(row[0]) - 2  # the sender's, and this one


def _wake_ups(pid: int) -> int:
    """How often its threads were given a core because they had waited for something."""
    text = "".join(one.read_text() for one in Path(f"/proc/{pid}/task").glob("*/status"))
    lines = [line for line in text.splitlines() if line.startswith("voluntary_ctxt_switches")]
    return sum(int(line.split()[1]) for line in lines)


if __name__ == "__main__":
    main()
