"""All clients of a killed server process come back at the same moment.

``python -m benchmarks.storm --sockets 5000 --users 500`` kills the process that they were
connected to, starts it anew, and lets all of them reconnect at once, without any delay of their
own and with the cursor that they had; meanwhile each user has got something new. Measured from
the moment when they begin: until all are synced, the server's CPU, and how many sockets it asks
the database for in one query. On uvicorn and on Daphne, which have a core of their own; and on
uvicorn as it comes a consumer as Channels' documentation has it, with AuthMiddlewareStack, once.
On Daphne as it comes that is measured by ``--only "tutorial, Daphne"``: it takes minutes, since
Daphne gives a handshake up that is not answered within 5 s.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field

from picows import WSError

from benchmarks import harness, machine
from benchmarks.harness import cpu_s
from benchmarks.site import (
    counted,
    prepared,
    services,
    serving,
    serving_as_it_comes,
    until_listening,
)
from benchmarks.sockets import Socket, open_as
from notifications.management.comparison.results import percentile
from tests.support.ports import free_port

# The servers of each.
OURS = {"uvicorn": "uvicorn", "Daphne": "daphne"}
TUTORIALS = {"tutorial, uvicorn": "uvicorn", "tutorial, Daphne": "daphne"}
_TUTORIAL = "benchmarks.storm_tutorial:application"
# The one that is measured if nobody asks for others.
TUTORIAL_SHOWN = "tutorial, uvicorn"
PATIENCE_S = 120
# For 5,000 sockets.
BUDGETS_S = dict.fromkeys(OURS, 5.0)
LEAST_SOCKETS = dict.fromkeys(OURS, 50.0)


@dataclass(frozen=True)
class Storm:
    """Seconds until half and all are synced, and of CPU; handshakes that failed."""

    half_s: float
    all_s: float
    cpu_s: float
    sockets_a_query: float
    failed: int


def main() -> None:
    parser = harness.options(__doc__, sockets=5000, rounds=3)
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args()
    harness.many_sockets()
    harness.stay_aside()
    described = machine.describe()
    whom = f"{options.sockets} sockets of {options.users} users come back, {options.database}"
    tables = {
        "all_s": harness.Table(f"{whom}: all are synced", "s", budgets=BUDGETS_S),
        "half_s": harness.Table(f"{whom}: half are synced", "s"),
        "cpu_s": harness.Table(f"{whom}: the server's CPU", "s"),
        "sockets_a_query": harness.Table(
            f"{whom}: by one query",
            "sockets a query",
            budgets=LEAST_SOCKETS,
            more_is_better=True,
        ),
        "failed": harness.Table(
            f"{whom}: handshakes that failed", "", budgets=dict.fromkeys(OURS, 0.0)
        ),
    }
    names = [
        name for name in (*OURS, *TUTORIALS) if name in (options.only or (*OURS, TUTORIAL_SHOWN))
    ]
    with services(options.database) as environment:
        keys = prepared(environment, options.users)
        for n, name in enumerate(harness.turns(options.rounds, names)):
            # It takes as long as all the rest, and differs by so much that once will do.
            if name in OURS or n < len(names):
                storm = _storm(environment, name, keys, options.sockets)
                print(f"  {name}: {storm}", flush=True)
                for what, table in tables.items():
                    table.add(name, getattr(storm, what))
    harness.keep(options.results, "storm", described, [*tables.values()])


def _storm(environment: dict[str, str], name: str, keys: list[str], count: int) -> Storm:
    settings = (
        "benchmarks.counted_settings" if name in OURS else "benchmarks.storm_tutorial_settings"
    )
    return _Run(environment | {"DJANGO_SETTINGS_MODULE": settings}, name, keys, count).measure()


@dataclass
class _Run:
    environment: dict[str, str]
    name: str
    keys: list[str]
    count: int
    port: int = field(default_factory=free_port)

    def measure(self) -> Storm:
        process = self._start()
        try:
            cursors = asyncio.run(self._gently())
        finally:
            process.kill()
            process.wait()
        notify = ["notify", "While you were away", "--everyone"]
        subprocess.run(
            [sys.executable, "manage.py", *notify],
            env=self.environment, check=True, capture_output=True,
        )  # fmt: skip
        process = self._start()
        try:
            return asyncio.run(self._at_once(cursors, process.pid))
        finally:
            process.kill()
            process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        command = (
            serving(OURS[self.name], self.port)
            if self.name in OURS
            else serving_as_it_comes(TUTORIALS[self.name], _TUTORIAL, self.port)
        )
        process = harness.start(
            command,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until_listening(self.port)
        return process

    async def _gently(self) -> dict[str, str]:
        """Connect each user once; where each stands, as the query of its next connection."""
        sockets = [self._client(key, "") for key in self.keys]
        for n in range(0, len(sockets), 50):
            await asyncio.gather(*(one.until_synced() for one in sockets[n : n + 50]))
        cursors = {one.key: one.cursor() for one in sockets}
        for one in sockets:
            one.socket.transport.disconnect()
        return cursors

    async def _at_once(self, cursors: dict[str, str], pid: int) -> Storm:
        keys = [self.keys[n % len(self.keys)] for n in range(self.count)]
        clients = [self._client(key, cursors[key]) for key in keys]
        queries, had_s, began = self._queries(), cpu_s(pid), time.monotonic()
        synced = await asyncio.gather(*(_patiently(one.until_synced()) for one in clients))
        took = [at - began for at in synced]
        busy_s = cpu_s(pid) - had_s
        asked = await asyncio.to_thread(self._queries) - queries
        for one in clients:
            one.socket.transport.disconnect()
        failed = sum(one.failed for one in clients)
        return Storm(percentile(took, 0.5), max(took), busy_s, self.count / max(asked, 1), failed)

    def _client(self, key: str, query: str) -> _Client:
        return _Client(self.port, key, query)

    def _queries(self) -> float:
        return counted(self.port)["queries"]


async def _patiently(work: Awaitable[float]) -> float:
    async with asyncio.timeout(PATIENCE_S):
        return await work


class _Client:
    """Connects until it is synced, as the protocol says; where it fails, at once again."""

    def __init__(self, port: int, key: str, query: str) -> None:
        self.port, self.key, self.query = port, key, query
        self.failed = 0
        self.socket: _StormSocket

    async def until_synced(self) -> float:
        """When it was."""
        path = "/ws/notifications/" + self.query
        while True:
            try:
                self.socket = await open_as(_StormSocket, self.port, path, self.key)
                await self.socket.synced
            except _ToldToWaitError as bye:
                await asyncio.sleep(bye.after_s)
            except (OSError, WSError):
                self.failed += 1
                await asyncio.sleep(0.5)
            else:
                return self.socket.synced_at

    def cursor(self) -> str:
        if not self.socket.epoch:
            return ""
        return f"?epoch={self.socket.epoch}&since={self.socket.revision}"


class _ToldToWaitError(Exception):
    def __init__(self, after_s: float) -> None:
        super().__init__()
        self.after_s = after_s


class _StormSocket(Socket):
    def __init__(self) -> None:
        super().__init__()
        self.revision, self.synced_at = 0, 0.0

    def take(self, frame: bytes) -> None:
        if frame.startswith(b'{"type":"bye"'):
            self.fail(_ToldToWaitError(json.loads(frame)["after_ms"] / 1000))
            self.transport.disconnect()
        elif frame.startswith(b'{"type":"synced"'):
            self.synced_at = time.monotonic()
            self.revision = json.loads(frame).get("revision", 0)
        super().take(frame)


if __name__ == "__main__":
    main()
