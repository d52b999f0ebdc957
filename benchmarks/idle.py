"""What 10,000 sockets that have nothing to do cost a server process.

``python -m benchmarks.idle --sockets 10000 --rounds 5`` opens that many of as many users, signed in,
on uvicorn and SQLite, and then only answers pings. A round is as long as it takes to ping all of them
once. The server and the client need as many open files as there are sockets: ``ulimit -n 11000``,
where whoever runs this may not have more by himself.
"""

from __future__ import annotations

import asyncio
import subprocess
import time

from benchmarks import harness, machine
from benchmarks.site import ended, prepared, services, serving, until_listening
from benchmarks.sockets import connect_all
from tests.support.ports import free_port

# Of a core, for 10,000.
BUDGETS = {"uvicorn": 5.0, "Daphne": 5.0}
# Until groups are joined and what is new of the streams is written down.
_SETTLING_S = 5


def main() -> None:
    parser = harness.options(__doc__, sockets=10_000)
    parser.add_argument("--seconds", type=float, default=25, help="of a round; pings come as often")
    options = parser.parse_args()
    harness.many_sockets()
    harness.stay_aside()
    described = machine.describe()
    table = harness.Table(f"{options.sockets} idle sockets", "% of a core", budgets=BUDGETS)
    memory = harness.Table(f"{options.sockets} idle sockets, signed in", "KB a socket")
    for name in options.only or ["uvicorn"]:
        _measure(name, options.sockets, options.rounds, options.seconds, (table, memory))
    harness.keep(options.results, "idle", described, [table, memory])


def _measure(
    name: str, count: int, rounds: int, seconds: float, tables: tuple[harness.Table, harness.Table]
) -> None:
    with services("sqlite") as environment:
        keys = prepared(environment, count)
        port = free_port()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with ended(harness.start(serving(name, port), env=environment, **quiet)) as server:
            until_listening(port)
            before_kb = harness.memory_kb(server.pid)
            asyncio.run(_idle(name, server.pid, port, keys, rounds, seconds, before_kb, tables))


async def _idle(
    name: str, pid: int, port: int, keys: list[str], rounds: int, seconds: float, before_kb: int,
    tables: tuple[harness.Table, harness.Table],
) -> None:  # fmt: skip
    sockets = await connect_all(port, "/ws/notifications/", keys, is_greeted=True)
    await asyncio.sleep(_SETTLING_S)
    share, memory = tables
    memory.add(name, (harness.memory_kb(pid) - before_kb) / len(keys))
    for _ in range(rounds):
        began_s, began = harness.cpu_s(pid), time.monotonic()
        await asyncio.sleep(seconds)
        share.add(name, (harness.cpu_s(pid) - began_s) / (time.monotonic() - began) * 100)
    lost = sum(one.is_closed for one in sockets)
    assert not lost, f"{lost} sockets were closed meanwhile"


if __name__ == "__main__":
    main()
