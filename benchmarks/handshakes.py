"""What a handshake costs a server process, and what a socket that has nothing to do holds of it.

``python -m benchmarks.handshakes --sockets 1000 --rounds 3`` opens that many sockets of as many
users, signed in, on uvicorn and SQLite: first all anew, for the memory of each, then in turns by
clients that have nothing and by those whose cursor is where their inbox is.
"""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import dataclass

from benchmarks import harness, machine
from benchmarks.site import ended, prepared, services, serving, until_listening
from benchmarks.sockets import Socket, connect
from tests.support.ports import free_port

_PATH = "/ws/notifications/"
# Handshakes under way at once, as when many come back.
_TOGETHER = 64
# What is opened before anything is measured: what the first of all needs, all have.
_FIRST = 50
BUDGET_KB = {"signed in, idle": 20.0}


def main() -> None:
    options = harness.options(__doc__, sockets=1000).parse_args()
    harness.many_sockets()
    harness.stay_aside()
    described = machine.describe()
    whom = f"{options.sockets} sockets, uvicorn, SQLite"
    costs = harness.Table(whom, "us of the server's CPU a handshake")
    memory = harness.Table(whom, "KB of memory a socket", budgets=BUDGET_KB)
    with services("sqlite") as environment:
        keys = prepared(environment, options.sockets)
        port = free_port()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started = harness.start(serving("uvicorn", port), env=environment, **quiet)
        with ended(started) as server:
            until_listening(port)
            served = Served(server.pid, port, keys)
            asyncio.run(served.measure(options.rounds, costs, memory))
    harness.keep(options.results, "handshakes", described, [costs, memory])


@dataclass
class Served:
    """A server, and the sessions of those who come."""

    pid: int
    port: int
    keys: list[str]

    async def measure(self, rounds: int, costs: harness.Table, memory: harness.Table) -> None:
        await self._opened(dict.fromkeys(self.keys[:_FIRST], _PATH))
        await harness.rest(2)
        before_kb = harness.memory_kb(self.pid)
        opened = await self._opened(dict.fromkeys(self.keys, _PATH))
        await harness.rest(3)
        memory.add("signed in, idle", (harness.memory_kb(self.pid) - before_kb) / len(self.keys))
        cursors = zip(self.keys, opened, strict=True)
        paths = {
            "new": dict.fromkeys(self.keys, _PATH),
            "at the head": {key: f"{_PATH}?epoch={one.epoch}&since=0" for key, one in cursors},
        }
        for name in harness.turns(rounds, [*paths]):
            for one in opened:
                one.transport.disconnect(graceful=False)
            await harness.rest(2)
            began_s = harness.cpu_s(self.pid)
            opened = await self._opened(paths[name])
            costs.add(name, (harness.cpu_s(self.pid) - began_s) / len(self.keys) * 1e6)

    async def _opened(self, paths: dict[str, str]) -> list[Socket]:
        """A socket for each session's key, by this path; all are synced."""
        opened: list[Socket] = []
        ways = list(paths.items())
        for n in range(0, len(ways), _TOGETHER):
            part = [
                connect(self.port, path, key, is_greeted=True)
                for key, path in ways[n : n + _TOGETHER]
            ]
            opened += await asyncio.gather(*part)
        return opened


if __name__ == "__main__":
    main()
