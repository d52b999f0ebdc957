"""What one message to every socket costs a server process.

``python -m benchmarks.fanout --sockets 1000 --rounds 5`` hands a message of about 320 bytes to that
many sockets of as many users, 20 times a round and contender, in turns: by nginx's C module nchan,
by the library websockets, by the hub on uvicorn and on Daphne, and by one group membership per
consumer, as Channels' tutorial has it. Each server has a core of its own. What counts is its CPU
time per delivery.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import fanout_peers, harness, machine
from benchmarks.site import ended, prepared, services, serving, until_listening
from benchmarks.sockets import Socket, connect_all, until_received
from tests.support.ports import free_port

_Served = Callable[[Path], AbstractContextManager["tuple[subprocess.Popen[bytes], int]"]]
OURS = {
    "hub, uvicorn": ("hub_application", "uvicorn"),
    "hub, Daphne": ("hub_application", "Daphne"),
    "tutorial, uvicorn": ("group_application", "uvicorn"),
    "tutorial, Daphne": ("group_application", "Daphne"),
}
PEERS: dict[str, tuple[_Served, str, str]] = {
    "nchan": (fanout_peers.nchan, "/ws", "POST"),
    "websockets": (fanout_peers.bare, "/", "GET"),
}
GOALS = {"hub, uvicorn": 1.0, "hub, Daphne": 0.8}
MESSAGES = 20


@dataclass
class Contender:
    """A server that runs, and how its sockets are opened."""

    pid: int
    port: int
    path: str
    cookies: list[str]
    # Whether it says when a socket is ready.
    greets: bool = False
    method: str = "POST"
    sockets: list[Socket] = field(default_factory=list)

    async def connect(self) -> None:
        self.sockets = await connect_all(self.port, self.path, self.cookies, is_greeted=self.greets)
        # A second after the last handshake all are in their groups.
        await asyncio.sleep(1)
        await self.measure()  # what is slow the first time counts for nobody

    async def measure(self) -> float:
        """Microseconds of CPU a delivery."""
        had = self.sockets[0].received
        began_s = harness.cpu_s(self.pid)
        for n in range(1, MESSAGES + 1):
            await _broadcast(self.port, self.method)
            await until_received(self.sockets, had + n)
        return (harness.cpu_s(self.pid) - began_s) / MESSAGES / len(self.sockets) * 1e6


def main() -> None:
    options = harness.options(__doc__, sockets=1000).parse_args()
    harness.many_sockets()
    harness.stay_aside()
    described = machine.describe()
    has_nchan = fanout_peers.NCHAN_MODULE.exists()
    table = harness.Table(
        f"One message to {options.sockets} sockets, {MESSAGES} messages a round",
        "us of CPU a delivery", "nchan" if has_nchan else "websockets", GOALS if has_nchan else {},
    )  # fmt: skip
    with services("sqlite") as environment, ExitStack() as stack:
        keys = prepared(environment, options.sockets)
        started = {}
        for name in options.only or [*(PEERS if has_nchan else ["websockets"]), *OURS]:
            one = _peer(name, len(keys)) if name in PEERS else _own(environment, name, keys)
            started[name] = stack.enter_context(one)
        if options.only:
            table.base, table.goals = options.only[0], {}
        asyncio.run(_measure(started, options.rounds, table))
    harness.keep(options.results, "fanout", described, [table])


async def _measure(started: dict[str, Contender], rounds: int, table: harness.Table) -> None:
    for one in started.values():
        await one.connect()
    for name in harness.turns(rounds, [*started]):
        figure = await started[name].measure()
        print(f"  {name}: {figure:.1f} {table.unit}", flush=True)
        table.add(name, figure)


@contextmanager
def _peer(name: str, count: int) -> Iterator[Contender]:
    served, path, method = PEERS[name]
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (server, port):
        until_listening(port)
        yield Contender(server.pid, port, path, [""] * count, method=method)


@contextmanager
def _own(environment: dict[str, str], name: str, keys: list[str]) -> Iterator[Contender]:
    port, (application, kind) = free_port(), OURS[name]
    settings = {
        "DJANGO_SETTINGS_MODULE": "benchmarks.fanout_settings",
        "FANOUT_APPLICATION": application,
    }
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with ended(harness.start(serving(kind, port), env=environment | settings, **quiet)) as server:
        until_listening(port)
        greets = application == "hub_application"
        yield Contender(server.pid, port, "/ws/notifications/", keys, greets=greets)


async def _broadcast(port: int, method: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = fanout_peers.MESSAGE if method == "POST" else b""
    head = f"{method} {fanout_peers.BROADCAST} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    writer.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    answer = await reader.readline()
    assert b" 20" in answer, answer
    writer.close()


if __name__ == "__main__":
    main()
