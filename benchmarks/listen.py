"""PostgreSQL alone: what NOTIFY brings to those who wait, and takes from those who write.

``python -m benchmarks.listen --sockets 1000 --rate 200 --seconds 5 --passes 3`` opens that many
sockets of as many users on two server processes, without Redis. From another process it changes one
inbox at a time, at that rate, by the clock and not by the answers. In turns: nobody notifies, so
that servers find what is new when they next look; the sender notifies after the commit, as it does;
and it notifies within the transaction. Latencies are from the return of the commit to the frame at
the socket. What is committed is one statement, so that the sender does not keep the machine busy;
with ``--real`` it is ``sending.send``.

Then, without servers and sockets, that would want the same cores, a writer beside the sender, which
is none of ours and commits as fast as it can: how often a second. Last, four writers that each
notify of each of their commits: why it is not done within the transaction.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks import machine
from benchmarks.push import changes
from benchmarks.site import ended, prepared, serving, until_listening
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--role", choices=["parent", "send", "write"], default="parent")
    parser.add_argument("--mode", choices=MODES, default=AFTER)
    parser.add_argument("--number", type=int, default=0)
    options = parser.parse_args()
    if options.role == "parent":
        print(machine.describe(), flush=True)
        with _database() as environment:
            _measure(environment, options)
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


def _measure(environment: dict[str, str], options: argparse.Namespace) -> None:
    keys = prepared(environment, options.sockets)
    # Something in each inbox that can change.
    subprocess.run(
        [sys.executable, "manage.py", "notify", "Hello", "--everyone"],
        env=environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    with ExitStack() as stack:
        ports = [free_port() for _ in range(SERVERS)]
        for port in ports:
            stack.enter_context(ended(subprocess.Popen(serving("uvicorn", port), env=environment)))
            until_listening(port)
        run = _Run(environment, ports, keys, options)
        rows = asyncio.run(run.run())
    print(f"\n{SERVERS} servers, {options.sockets} sockets, {options.rate:g} commits a second")
    print("  commit -> frame, ms")
    _tell_latencies(rows)
    with _listeners(environment):
        passes = [_turns(number) for number in range(options.passes)]
        print("  commits of a writer beside such a sender")
        _tell_rates([{m: _writer_beside(environment, m, options) for m in t} for t in passes])
        print(f"  commits of {WRITERS} writers that notify of each themselves")
        _tell_rates([{m: _writers_alone(environment, m, options) for m in t} for t in passes])


def _turns(number: int) -> tuple[str, ...]:
    """The modes, in another order each time: what is first finds another machine."""
    return MODES[number % 3 :] + MODES[: number % 3]


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
        # By user, and by revision or title.
        self._arrived: dict[int, dict[Any, float]] = {}
        self._synced = asyncio.Semaphore(0)

    async def run(self) -> list[dict[str, dict[str, Any]]]:
        """For each pass what each mode has brought."""
        readers = []
        for number, key in enumerate(self._keys):
            port = self._ports[number % len(self._ports)]
            readers.append(asyncio.create_task(self._read(port, number, key)))
            if number % 50 == 49:  # noqa: PLR2004 (handshakes in flight)
                for _ in range(50):
                    await self._synced.acquire()
        await asyncio.sleep(3)
        rows = [
            {mode: await self._one(mode, number) for mode in _turns(number)}
            for number in range(self._options.passes)
        ]
        for reader in readers:
            reader.cancel()
        return rows

    async def _one(self, mode: str, number: int) -> dict[str, Any]:
        """Args: number: of the run, which titles are told apart by."""
        sender = await asyncio.create_subprocess_exec(
            *_role("send", mode, number, self._options),
            env=_notifying(self._environment, mode), stdout=subprocess.PIPE,
        )  # fmt: skip
        committed = json.loads((await sender.communicate())[0])
        await asyncio.sleep(1)
        arrivals = [self._arrived_at(who, which) for who, which, _ in committed]
        waits = [
            (there - at) * 1000
            for there, (*_, at) in zip(arrivals, committed, strict=True)
            if there is not None
        ]
        return {
            "waits": waits,
            "lost": len(committed) - len(waits),
            "sent": len(committed) / self._options.seconds,
        }

    def _arrived_at(self, user: int, which: Any) -> float | None:
        """When that was there, or what came after it in the same inbox."""
        arrived = self._arrived.get(user, {})
        if self._options.real:
            return arrived.get(which)
        return min((at for revision, at in arrived.items() if revision >= which), default=None)

    async def _read(self, port: int, number: int, key: str) -> None:
        name = "title" if self._options.real else "revision"
        async for now, notifications in changes(port, key, self._synced):
            for one in notifications:
                self._arrived.setdefault(number, {}).setdefault(one[name], now)


def _writer_beside(environment: dict[str, str], mode: str, options: argparse.Namespace) -> float:
    """Its commits a second, while somebody sends."""
    sender = subprocess.Popen(
        _role("send", mode, 0, options),
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
            [*_role("write", mode, 0, options), "--number", str(number)],
            env=_notifying(environment, mode), stdout=subprocess.PIPE, text=True,
        )
        for number in numbers
    ]  # fmt: skip
    return sum(float(writer.communicate()[0]) for writer in writers)


def _notifying(environment: dict[str, str], mode: str) -> dict[str, str]:
    return environment | {"NOTIFICATIONS_LISTEN": str(int(mode == AFTER))}


def _role(role: str, mode: str, number: int, options: argparse.Namespace) -> list[str]:
    given = {"role": role, "mode": mode, "rate": options.rate, "seconds": options.seconds}
    words = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    words += ["--real"] * options.real
    # Titles of each run are its own.
    return [sys.executable, "-m", "benchmarks.listen", *words, "--passes", str(number)]


def _tell_latencies(rows: list[dict[str, dict[str, Any]]]) -> None:
    for mode in MODES:
        waits = [wait for row in rows for wait in row[mode]["waits"]]
        each = [percentile(row[mode]["waits"], 0.99) for row in rows]
        sent = statistics.median(row[mode]["sent"] for row in rows)
        print(
            f"    {LABELS[mode]:<32} p50 {statistics.median(waits):6.1f}, "
            f"p99 {percentile(waits, 0.99):6.1f} (by pass {min(each):.1f} to "
            f"{max(each):.1f}), max {max(waits):6.1f}; {sent:.0f}/s sent, "
            f"{sum(row[mode]['lost'] for row in rows)} lost"
        )


def _tell_rates(rows: list[dict[str, float]]) -> None:
    for mode in MODES:
        shares = [row[mode] / row[NOBODY] * 100 for row in rows]
        rate = statistics.median(row[mode] for row in rows)
        print(f"    {LABELS[mode]:<32} {rate:6.0f}/s, {machine.spread(shares, '%', 1)} of none")


if __name__ == "__main__":
    main()
