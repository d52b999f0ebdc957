"""What 10,000 sockets that have nothing to do cost a server process.

``python -m benchmarks.idle --sockets 10000 --rounds 5`` opens that many of as many users, signed
in, on uvicorn and SQLite, and then only answers pings. A round is as long as it takes to ping all
of them once. The server and the client need as many open files as there are sockets: ``ulimit -n
11000``, where whoever runs this may not have more by himself.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from dataclasses import dataclass, field

from benchmarks import harness, machine
from benchmarks.site import ended, prepared, services, serving, until_listening
from benchmarks.sockets import connect_all
from tests.support.ports import free_port

# Of a core, for 10,000.
BUDGETS = {"uvicorn": 5.0, "Daphne": 5.0}
# Until groups are joined, and what is new of the streams is written down: some hundreds a second.
_SETTLING_S, _WRITTEN_PER_S = 5, 500


def main() -> None:
    parser = harness.options(__doc__, sockets=10_000)
    parser.add_argument("--seconds", type=float, default=25, help="of a round; pings come as often")
    options = parser.parse_args()
    harness.many_sockets()
    harness.stay_aside()
    described = machine.describe()
    whom = f"{options.sockets} idle sockets, signed in"
    shares = harness.Table(whom, "% of a core", budgets=BUDGETS)
    memory = harness.Table(whom, "KB a socket")
    for name in options.only or ["uvicorn"]:
        with services("sqlite") as environment:
            keys = prepared(environment, options.sockets)
            port = free_port()
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            with ended(harness.start(serving(name, port), env=environment, **quiet)) as server:
                until_listening(port)
                idle = _Idle(server.pid, port, keys)
                asyncio.run(idle.measure(options.rounds, options.seconds))
        shares.figures[name], memory.figures[name] = idle.shares, [idle.kb]
    harness.keep(options.results, "idle", described, [shares, memory])


@dataclass
class _Idle:
    """A server, and what its sockets cost it: per cent of a core, and KB each."""

    pid: int
    port: int
    keys: list[str]
    shares: list[float] = field(default_factory=list)
    kb: float = 0

    async def measure(self, rounds: int, seconds: float) -> None:
        before_kb = harness.memory_kb(self.pid)
        sockets = await connect_all(self.port, "/ws/notifications/", self.keys, is_greeted=True)
        await harness.rest(_SETTLING_S + len(self.keys) / _WRITTEN_PER_S)
        self.kb = (harness.memory_kb(self.pid) - before_kb) / len(self.keys)
        for _ in harness.rounds(rounds):
            began_s, began = harness.cpu_s(self.pid), time.monotonic()
            await asyncio.sleep(seconds)
            cost_s = harness.cpu_s(self.pid) - began_s
            self.shares.append(cost_s / (time.monotonic() - began) * 100)
        lost = sum(one.is_closed for one in sockets)
        assert not lost, f"{lost} sockets were closed meanwhile"


if __name__ == "__main__":
    main()
