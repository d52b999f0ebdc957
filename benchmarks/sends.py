"""Sends to one user each: through the API of one server process, and from lines of JSON.

``python -m benchmarks.sends --sends 1000 --rounds 3`` lets 8 threads, each with a connection of its
own, post to a server on PostgreSQL and on SQLite, and gives as many lines to ``manage.py notify
--jsonl``. Each send is in the inbox when it is answered for. A program that starts takes its time
too: of a command with one line and one with all, the difference is counted.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import harness, machine
from benchmarks.site import ended, prepared, services, serving, until_listening
from tests.support.ports import free_port

THREADS = 8
USERS = 200
# Milliseconds a send, of which 300 and 1,000 make a second.
BUDGETS_MS = {"API, PostgreSQL": 1000 / 300, "--jsonl, PostgreSQL": 1.0}
_NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
# Before anything is measured: what the first of all needs, all have.
_FIRST = USERS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sends", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=[*_NAMES], action="append", help="may be repeated")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--role", choices=["parent", "key"], default="parent")
    options = parser.parse_args()
    if options.role == "key":
        _print_key()
        return
    harness.stay_aside()
    whom = f"{options.sends} sends to one user each, {THREADS} threads"
    took = harness.Table(whom, "ms a send", budgets=BUDGETS_MS)
    costs = harness.Table(whom, "us of our process's CPU a send")
    described = machine.describe()
    for database in options.database or [*_NAMES]:
        with _site(database) as site:
            _measure(site, options, took, costs)
    harness.keep(options.results, "sends", described, [took, costs])


def _measure(
    site: Site, options: argparse.Namespace, took: harness.Table, costs: harness.Table
) -> None:
    ways: dict[str, Callable[[int], tuple[float, float]]] = {
        f"API, {_NAMES[site.database]}": site.by_api,
        f"--jsonl, {_NAMES[site.database]}": site.by_lines,
    }
    site.by_api(_FIRST)
    for name in harness.turns(options.rounds, [*ways]):
        wall_s, cpu_s = ways[name](options.sends)
        took.add(name, wall_s / options.sends * 1e3)
        costs.add(name, cpu_s / options.sends * 1e6)


@dataclass
class Site:
    """A server process, its database and a key that may send."""

    database: str
    environment: dict[str, str]
    port: int
    pid: int
    key: str

    def by_api(self, count: int) -> tuple[float, float]:
        """Send so many; the seconds that took, and of the server's CPU."""
        numbers = itertools.count()
        cpu_s, began_s = _cpu_s(self.pid), time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            each = [pool.submit(self._post, numbers, count) for _ in range(THREADS)]
        for one in each:
            one.result()
        return time.perf_counter() - began_s, _cpu_s(self.pid) - cpu_s

    def _post(self, numbers: Iterator[int], count: int) -> None:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        while (n := next(numbers)) < count:
            client.request("POST", "/api/v1/notifications", json.dumps(_said(n)), headers)
            answer = client.getresponse()
            text = answer.read()
            assert answer.status == http.client.CREATED, text
        client.close()

    def by_lines(self, count: int) -> tuple[float, float]:
        """The same from lines of JSON, and of the command's CPU."""
        one, all_of_them = self._command(1), self._command(count)
        return all_of_them[0] - one[0], all_of_them[1] - one[1]

    def _command(self, count: int) -> tuple[float, float]:
        lines = "".join(json.dumps(_said(n)) + "\n" for n in range(count)).encode()
        command = [sys.executable, "manage.py", "notify", "--jsonl", "-"]
        before_s, began_s = _children_s(), time.perf_counter()
        done = subprocess.run(
            command, input=lines, env=self.environment, check=True, stdout=subprocess.PIPE
        )
        assert f"{count} line{'' if count == 1 else 's'} sent.".encode() in done.stdout
        return time.perf_counter() - began_s, _children_s() - before_s


def _cpu_s(pid: int) -> float:
    """CPU seconds of a process, with its threads that have ended, as that of each request has."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, stat[11:13])) / os.sysconf("SC_CLK_TCK")


def _children_s() -> float:
    """CPU seconds of children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _said(n: int) -> dict[str, Any]:
    return {
        "title": f"Order {n} has been shipped",
        "body": "It will be with you tomorrow between 9 and 12.",
        "url": f"/orders/{n}",
        "audience": {"users": [f"u{n % USERS}"]},
    }


@contextmanager
def _site(database: str) -> Iterator[Site]:
    with services(database) as environment, ExitStack() as stack:
        environment.pop("REDIS_URL", None)  # one process needs none
        # One key sends all of it, which may else do so 100 times a second.
        environment["NOTIFICATIONS_API_KEY_RATE_PER_MIN"] = "0"
        prepared(environment, USERS)
        command = [sys.executable, "-m", "benchmarks.sends", "--role", "key"]
        told = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
        port = free_port()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        server = harness.start(serving("uvicorn", port), env=environment, **quiet)
        stack.enter_context(ended(server))
        until_listening(port)
        yield Site(database, environment, port, server.pid, told.stdout.decode().strip())


def _print_key() -> None:
    import django  # noqa: PLC0415 (its settings come from the environment that the parent made)

    django.setup()
    from notifications.credentials import keys  # noqa: PLC0415

    print(keys.make("benchmark", ["send:user"])[1])


if __name__ == "__main__":
    main()
