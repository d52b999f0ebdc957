"""What one message to every socket costs a server process.

``python -m benchmarks.fanout --sockets 1000 --rounds 5`` hands a message of about 320 bytes to
that many sockets of as many users, 20 times a round and contender, in turns: by nginx's C module
nchan, by the library websockets, by python-socketio, by the hub on uvicorn and on Daphne, and by
one group membership per consumer, as Channels' tutorial has it. Each server has a core of its
own. What counts is its CPU time per delivery.
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
from benchmarks.sockets import Socket, SocketIO, connect_all, until_received
from tests.support.ports import free_port

_SOCKETIO_PATH = "/socket.io/?EIO=4&transport=websocket"
_Served = Callable[[Path], AbstractContextManager["tuple[subprocess.Popen[bytes], int]"]]
OURS = {"hub, uvicorn": "uvicorn", "hub, Daphne": "daphne"}
PEERS: dict[str, tuple[_Served, str, str, type[Socket]]] = {
    "nchan": (fanout_peers.nchan, "/ws", "POST", Socket),
    "websockets": (fanout_peers.bare, "/", "GET", Socket),
    "python-socketio": (fanout_peers.socketio, _SOCKETIO_PATH, "POST", SocketIO),
    "tutorial, uvicorn": (fanout_peers.tutorial_uvicorn, "/", "POST", Socket),
    "tutorial, Daphne": (fanout_peers.tutorial_daphne, "/", "POST", Socket),
}
# How many times as good as nchan.
GOALS = {"hub, uvicorn": 1.0, "hub, Daphne": 0.8}
# Of the tutorial's cost, ours may be so much.
TUTORIAL_TIMES = 25.0
MESSAGES = 20
# What comes after the last delivery belongs to it.
_AFTER_S = 0.5
# One message by a group of 1,000 takes as long as twenty by the others.
SLOW, SLOW_MESSAGES = ("tutorial, uvicorn", "tutorial, Daphne"), 4


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
    kind: type[Socket] = Socket
    messages: int = MESSAGES
    sockets: list[Socket] = field(default_factory=list)

    async def connect(self) -> None:
        self.sockets = await connect_all(
            self.port, self.path, self.cookies, is_greeted=self.greets, kind=self.kind
        )
        # A second after the last handshake all are in their groups.
        await harness.rest(1)
        await self.measure()  # what is slow the first time counts for nobody

    async def measure(self) -> float:
        """Microseconds of CPU a delivery."""
        had = self.sockets[0].received
        began_s = harness.cpu_s(self.pid)
        for n in range(1, self.messages + 1):
            await _broadcast(self.port, self.method)
            await until_received(self.sockets, had + n)
        await harness.rest(_AFTER_S)
        return (harness.cpu_s(self.pid) - began_s) / self.messages / len(self.sockets) * 1e6


def main() -> None:
    options = harness.options(__doc__, sockets=1000).parse_args()
    harness.many_sockets()
    harness.stay_aside()
    described = machine.describe()
    whom = f"One message to {options.sockets} sockets"
    has_nchan = fanout_peers.NCHAN_MODULE.exists()
    table = harness.Table(whom, "us of CPU a delivery", "nchan", GOALS)
    names = options.only or [*PEERS, *OURS]
    with services("sqlite") as environment, ExitStack() as stack:
        keys = prepared(environment, options.sockets)
        started = {}
        for name in [one for one in names if has_nchan or one != "nchan"]:
            one = _peer(name, len(keys)) if name in PEERS else _own(environment, name, keys)
            started[name] = stack.enter_context(one)
        asyncio.run(_measure(started, options.rounds, table))
    harness.keep(options.results, f"fanout-{options.sockets}", described, [table, *_beside(table)])


def _beside(table: harness.Table) -> Iterator[harness.Table]:
    """The same beside the tutorial, on the same server."""
    for server in ("uvicorn", "Daphne"):
        ours, tutorial = f"hub, {server}", f"tutorial, {server}"
        if tutorial in table.figures and ours in table.figures:
            yield harness.Table(
                f"{table.claim}, beside the tutorial on {server}", table.unit,
                tutorial, {ours: TUTORIAL_TIMES},
                figures={one: table.figures[one] for one in (tutorial, ours)},
            )  # fmt: skip


async def _measure(started: dict[str, Contender], rounds: int, table: harness.Table) -> None:
    for one in started.values():
        await one.connect()
    for name in harness.turns(rounds, [*started]):
        figure = await started[name].measure()
        print(f"  {name}: {figure:.1f} {table.unit}", flush=True)
        table.add(name, figure)


@contextmanager
def _peer(name: str, count: int) -> Iterator[Contender]:
    served, path, method, kind = PEERS[name]
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (server, port):
        until_listening(port)
        yield Contender(
            server.pid, port, path, [""] * count,
            greets=kind is SocketIO, method=method, kind=kind,
            messages=SLOW_MESSAGES if name in SLOW else MESSAGES,
        )  # fmt: skip


@contextmanager
def _own(environment: dict[str, str], name: str, keys: list[str]) -> Iterator[Contender]:
    port = free_port()
    settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.fanout_settings"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = serving(OURS[name], port)
    with ended(harness.start(command, env=environment | settings, **quiet)) as server:
        until_listening(port)
        yield Contender(server.pid, port, "/ws/notifications/", keys, greets=True)


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
