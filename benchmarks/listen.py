"""PostgreSQL alone: what NOTIFY brings to those who wait, and takes from those who write.

``python -m benchmarks.listen --sockets 1000 --rate 200 --seconds 2 --rounds 5`` opens that many
sockets of as many users on two server processes, without Redis. From another process it changes
one inbox at a time, at that rate, by the clock and not by the answers. In turns: nobody notifies,
so that servers find what is new when they next look; the sender notifies after the commit, as it
does; and it notifies within the transaction. Latencies are from the return of the commit to the
frame at the socket. What is committed is one statement, so that the sender does not keep the
machine busy; with ``--real`` it is ``sending.send``.

Then, without servers and sockets, that would want the same cores, a writer beside the sender,
which is none of ours and commits as fast as it can: how often a second. Last, four writers that
each notify of each of their commits: why it is not done within the transaction.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from benchmarks import harness, machine
from benchmarks.push import Inbox, waits_ms
from benchmarks.site import ended, prepared, serving, until_listening
from benchmarks.sockets import connect_all
from notifications.management.comparison.results import percentile
from tests.support.ports import free_port

NOBODY, AFTER, WITHIN = MODES = ("nobody", "after", "within")
LABELS = {
    NOBODY: "no NOTIFY",
    AFTER: "NOTIFY after the commit (ours)",
    WITHIN: "NOTIFY within the transaction",
}
SERVERS, WRITERS = 2, 4


def main() -> None:
    parser = harness.options(__doc__, sockets=1000)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--role", choices=["parent", "send", "write"], default="parent")
    parser.add_argument("--mode", choices=MODES, default=AFTER)
    parser.add_argument("--number", type=int, default=0)
    options = parser.parse_args()
    if options.role == "parent":
        described = machine.describe()
        harness.many_sockets()
        with _database() as environment:
            harness.keep(options.results, "listen", described, _measured(environment, options))
        return
    import django  # noqa: PLC0415 (its settings come from the environment that the parent made)

    django.setup()
    from benchmarks import listen_roles  # noqa: PLC0415 (models)

    (listen_roles.send if options.role == "send" else listen_roles.write)(options)


# --- The parent -----------------------------------------------------------------------------------


@contextmanager
def _database() -> Iterator[dict[str, str]]:
    from tests.support import postgresql  # noqa: PLC0415 (it needs psycopg)

    with postgresql.private_postgresql() as server:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("NOTIFICATIONS_")}
        yield kept | {
            "SECRET_KEY": "x" * 50,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": postgresql.create_database(server, "benchmark"),
            "REDIS_URL": "",
            "NOTIFICATIONS_DISPATCH_IN_SERVER": "0",
        }


def _measured(environment: dict[str, str], options: argparse.Namespace) -> list[harness.Table]:
    keys = prepared(environment, options.sockets)
    with ExitStack() as stack:
        ports = [free_port() for _ in range(SERVERS)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        for port in ports:
            server = subprocess.Popen(serving("uvicorn", port), env=environment, **quiet)
            stack.enter_context(ended(server))
            until_listening(port)
        tables = asyncio.run(_Run(environment, ports, keys, options).run())
    beside = harness.Table(
        "Commits of a writer beside such a sender", "a second", LABELS[NOBODY],
        {LABELS[AFTER]: 0.98}, more_is_better=True,
    )  # fmt: skip
    alone = harness.Table(
        f"Commits of {WRITERS} writers that notify of each themselves", "a second",
        LABELS[NOBODY], more_is_better=True,
    )  # fmt: skip
    modes = options.only or MODES
    with _listeners(environment):
        for mode in harness.turns(options.rounds, modes):
            beside.add(LABELS[mode], _writer_beside(environment, mode, options))
        for mode in harness.turns(options.rounds, modes):
            alone.add(LABELS[mode], _writers_alone(environment, mode, options))
    return [*tables, beside, alone]


@contextmanager
def _listeners(environment: dict[str, str]) -> Iterator[None]:
    """Somebody who is told, as each server is."""
    import psycopg  # noqa: PLC0415

    with ExitStack() as stack:
        for _ in range(SERVERS):
            listener = stack.enter_context(
                psycopg.connect(environment["DATABASE_URL"], autocommit=True)
            )
            listener.execute("LISTEN anything")
        yield


class _Run:
    """The sockets, and what arrives at them."""

    def __init__(
        self,
        environment: dict[str, str],
        ports: list[int],
        keys: list[str],
        options: argparse.Namespace,
    ) -> None:
        self._environment, self._ports, self._keys = environment, ports, keys
        self._options = options
        self._sockets: list[Inbox] = []

    async def run(self) -> list[harness.Table]:
        """Half and 99 in 100 of the waits."""
        whom = (
            f"{SERVERS} servers, {len(self._keys)} sockets, {self._options.rate:g} commits"
            " a second: commit -> frame"
        )
        half = harness.Table(f"{whom}, p50", "ms")
        most = harness.Table(f"{whom}, p99", "ms", budgets={LABELS[AFTER]: 10.0})
        by_port = [
            await connect_all(
                port, "/ws/notifications/", self._keys[n :: len(self._ports)],
                is_greeted=True, kind=Inbox,
            )
            for n, port in enumerate(self._ports)
        ]  # fmt: skip
        self._sockets = [
            by_port[n % len(by_port)][n // len(by_port)] for n in range(len(self._keys))
        ]
        await harness.rest(3)
        for mode in harness.turns(self._options.rounds, self._options.only or MODES):
            waits = await self._waits_ms(mode)
            half.add(LABELS[mode], percentile(waits, 0.5))
            most.add(LABELS[mode], percentile(waits, 0.99))
        return [half, most]

    async def _waits_ms(self, mode: str) -> list[float]:
        sender = await asyncio.create_subprocess_exec(
            *_role("send", mode, self._options),
            env=_notifying(self._environment, mode), stdout=subprocess.PIPE,
        )  # fmt: skip
        committed = [tuple(one) for one in json.loads((await sender.communicate())[0])]
        return await waits_ms(self._sockets, committed)


def _writer_beside(environment: dict[str, str], mode: str, options: argparse.Namespace) -> float:
    """Its commits a second, while somebody sends."""
    sender = subprocess.Popen(
        _role("send", mode, options),
        env=_notifying(environment, mode), stdout=subprocess.DEVNULL,
    )  # fmt: skip
    written = _written(environment, mode, options, [0])
    sender.wait()
    return written


def _writers_alone(environment: dict[str, str], mode: str, options: argparse.Namespace) -> float:
    """Commits a second of all of them."""
    return _written(environment, mode, options, range(1, WRITERS + 1))


def _written(
    environment: dict[str, str], mode: str, options: argparse.Namespace, numbers: Iterable[int]
) -> float:
    writers = [
        subprocess.Popen(
            [*_role("write", mode, options), "--number", str(number)],
            env=_notifying(environment, mode), stdout=subprocess.PIPE, text=True,
        )
        for number in numbers
    ]  # fmt: skip
    return sum(float(writer.communicate()[0]) for writer in writers)


def _notifying(environment: dict[str, str], mode: str) -> dict[str, str]:
    return environment | {"NOTIFICATIONS_LISTEN": str(int(mode == AFTER))}


def _role(role: str, mode: str, options: argparse.Namespace) -> list[str]:
    given = {"role": role, "mode": mode, "rate": options.rate, "seconds": options.seconds}
    words = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    return [sys.executable, "-m", "benchmarks.listen", *words, *["--real"] * options.real]


if __name__ == "__main__":
    main()
