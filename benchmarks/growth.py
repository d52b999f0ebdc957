"""How what there is more of costs more: sockets, and recipients; once, twice, 4 and 8 times as
many.

``python -m benchmarks.growth --sockets 250 --rounds 5`` opens 250, 500, 1,000 and 2,000 sockets
on uvicorn and SQLite in turns, each of a user with a full first page, and sends to all of them
from another process; and lets sends reach 4,000, 8,000, 16,000 and 32,000 recipients, each on a
database of its own. Of each round it takes the exponent: by which power the cost grows.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from contextlib import ExitStack, closing

from benchmarks import harness, machine
from benchmarks.sender import Sender
from benchmarks.site import ended, prepared, services, serving, until_listening
from benchmarks.sockets import Socket, connect_all, until_received
from notifications.wire import contract
from tests.support.ports import free_port

MOST_EXPONENT = 1.1
MESSAGES = 5
HANDSHAKES, MESSAGE, DISPATCH = (
    "handshakes: the server's CPU", "a message to all: the server's CPU",
    "a dispatch: from its send to its end",
)  # fmt: skip


class Grown:
    """What each costs, by how many there are."""

    def __init__(self, size_count: int) -> None:
        self._size_count = size_count
        budgets = dict.fromkeys((HANDSHAKES, MESSAGE, DISPATCH), MOST_EXPONENT)
        self.exponents = harness.Table(
            "Growth with the number of sockets, or recipients", "exponent", budgets=budgets
        )
        self.costs = {name: harness.Table(f"Growth of {name}", "ms") for name in budgets}
        self._round: dict[str, dict[int, float]] = {name: {} for name in budgets}

    def add(self, name: str, size: int, cost_s: float) -> None:
        self.costs[name].add(f"{size:,}", cost_s * 1000)
        costs = self._round[name]
        costs[size] = cost_s
        if len(costs) == self._size_count:
            self.exponents.add(name, harness.exponent(costs))
            costs.clear()


def main() -> None:
    parser = harness.options(__doc__, sockets=250)
    parser.add_argument("--recipients", type=int, default=4000)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 2, 4, 8])
    options = parser.parse_args()
    harness.many_sockets()
    harness.stay_aside()
    described = machine.describe()
    grown = Grown(len(options.times))
    with services("sqlite") as environment:
        keys = prepared(environment, options.sockets * options.times[-1])
        port = free_port()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = harness.start(serving("uvicorn", port), env=environment, **quiet)
        with ended(process) as server, closing(Sender(environment)) as sender:
            until_listening(port)
            sizes = [options.sockets * times for times in options.times]
            sockets = _Sockets(server.pid, port, keys, sender, grown)
            asyncio.run(sockets.measure(sizes, options.rounds))
    with ExitStack() as stack:
        senders = {}
        for times in options.times:
            environment = stack.enter_context(services("sqlite"))
            prepared(environment, options.recipients * times)
            sender = stack.enter_context(closing(Sender(environment)))
            senders[options.recipients * times] = sender
        asyncio.run(_dispatches(senders, options.rounds, grown))
    tables = [grown.exponents, *grown.costs.values()]
    harness.keep(options.results, "growth", described, tables)


class _Sockets:
    def __init__(
        self, pid: int, port: int, keys: list[str], sender: Sender, grown: Grown
    ) -> None:  # fmt: skip
        self._pid, self._port, self._keys = pid, port, keys
        self._sender, self._grown = sender, grown

    async def measure(self, sizes: list[int], rounds: int) -> None:
        # A handshake is answered with what the inbox holds, up to this: else each would cost more
        # than those before it, however many there are.
        for _ in range(contract.SNAPSHOT_SIZE):
            await self._sender.send("everyone", None)
        await self._message(await self._opened(sizes[-1]))  # what is slow the first time
        for size in harness.turns(rounds, sizes):
            began_s = harness.cpu_s(self._pid)
            sockets = await self._opened(size)
            self._grown.add(HANDSHAKES, size, harness.cpu_s(self._pid) - began_s)
            self._grown.add(MESSAGE, size, await self._message(sockets))

    async def _opened(self, size: int) -> list[Socket]:
        path = "/ws/notifications/"
        return await connect_all(self._port, path, self._keys[:size], is_greeted=True)

    async def _message(self, sockets: list[Socket]) -> float:
        """Seconds of CPU for each; the sockets are closed then."""
        await harness.rest(1)  # what is new of them is written down
        had, began_s = sockets[0].received, harness.cpu_s(self._pid)
        for n in range(1, MESSAGES + 1):
            await self._sender.send("everyone", None)
            await until_received(sockets, had + n)
        cost_s = (harness.cpu_s(self._pid) - began_s) / MESSAGES
        for one in sockets:
            one.transport.disconnect(graceful=False)
        await harness.rest(1)
        return cost_s


async def _dispatches(senders: dict[int, Sender], rounds: int, grown: Grown) -> None:
    for sender in senders.values():
        await sender.send("the first", None)
    for size in harness.turns(rounds, [*senders]):
        began = time.monotonic()
        await senders[size].send("everyone", None)
        grown.add(DISPATCH, size, time.monotonic() - began)


if __name__ == "__main__":
    main()
