"""All clients of a killed server process come back at the same moment.

``python -m benchmarks.storm --sockets 5000 --users 500`` kills the process that they were connected
to, starts it anew, and lets all of them reconnect at once, without any delay of their own and with
the cursor that they had; meanwhile each user has got something new. Measured from the moment when
they begin: until the first, half and all are synced, what the process asks the database per socket,
and who was refused. Beside it a consumer as Channels' documentation has it, with
AuthMiddlewareStack, on the same server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable
from dataclasses import dataclass, field

from benchmarks import machine
from benchmarks.harness import cpu_s, many_sockets
from benchmarks.site import prepared, services, serving, until_listening
from benchmarks.sockets import Socket
from notifications.management.comparison.results import percentile
from tests.support.ports import free_port

CONTENDERS = {"hub": "hub_application", "tutorial": "tutorial_application"}
PATIENCE_S = 120


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=5000)
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--server", choices=["uvicorn", "daphne"], default="uvicorn")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--passes", type=int, default=2)
    options = parser.parse_args()
    many_sockets()
    print(machine.describe(), flush=True)
    with services(options.database) as environment:
        keys = prepared(environment, options.users)
        print(f"{options.sockets} sockets of {options.users} users, {options.server}, "
              f"{options.database}", flush=True)  # fmt: skip
        for _ in range(options.passes):
            for name, application in CONTENDERS.items():
                run = _Run(environment | {
                    "DJANGO_SETTINGS_MODULE": "benchmarks.storm_settings",
                    "STORM_APPLICATION": application,
                }, options.server, keys, options.sockets)  # fmt: skip
                print(f"  {name:9} {run.measure()}", flush=True)


@dataclass
class _Run:
    environment: dict[str, str]
    server: str
    keys: list[str]
    count: int
    port: int = field(default_factory=free_port)

    def measure(self) -> str:
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
        process = subprocess.Popen(
            serving(self.server, self.port), env=self.environment, stdout=subprocess.DEVNULL
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
            one.transport.close()
        return cursors

    async def _at_once(self, cursors: dict[str, str], pid: int) -> str:
        keys = [self.keys[n % len(self.keys)] for n in range(self.count)]
        clients = [self._client(key, cursors[key]) for key in keys]
        queries, had_s, began = self._queries(), cpu_s(pid), time.monotonic()
        results = await asyncio.gather(
            *(_patiently(one.until_synced()) for one in clients),
            return_exceptions=True,
        )
        took = [at - began for at in results if isinstance(at, float)]
        per_socket = (await asyncio.to_thread(self._queries) - queries) / self.count
        busy_s = cpu_s(pid) - had_s
        told = sum(one.told_to_wait for one in clients)
        refused = sum(one.refused for one in clients)
        for one in clients:
            one.transport.close()
        return (
            f"synced {len(took)} of {self.count}: first {min(took):.2f}, half "
            f"{percentile(took, 0.5):.2f}, all {max(took):.2f} s; "
            f"1 query per {1 / per_socket:.1f} sockets; told to wait {told}, failed {refused} "
            f"times; {busy_s:.1f} s of CPU"
        )

    def _client(self, key: str, query: str) -> _Client:
        return _Client(self.port, key, query)

    def _queries(self) -> float:
        url = f"http://127.0.0.1:{self.port}/metrics"
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            found = re.search(
                r"^benchmark_queries_total (\S+)", answer.read().decode(), re.MULTILINE
            )
        assert found is not None
        return float(found.group(1))


async def _patiently(work: Awaitable[float]) -> float:
    async with asyncio.timeout(PATIENCE_S):
        return await work


class _Client:
    """Connects until it is synced, as the protocol says; where it fails, at once again."""

    def __init__(self, port: int, key: str, query: str) -> None:
        self.port, self.key, self.query = port, key, query
        self.told_to_wait = self.refused = 0
        self.transport: asyncio.Transport

    async def until_synced(self) -> float:
        """When it was."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                _, self._socket = await loop.create_connection(
                    lambda: _StormSocket(self.port, self.key, self.query), "127.0.0.1", self.port
                )
                self.transport = self._socket.transport
                return await self._socket.synced_at
            except _ToldToWaitError as bye:
                self.told_to_wait += 1
                await asyncio.sleep(bye.after_s)
            except (OSError, AssertionError, EOFError):
                self.refused += 1
                await asyncio.sleep(0.5)

    def cursor(self) -> str:
        if not self._socket.epoch:
            return ""
        return f"?epoch={self._socket.epoch}&since={self._socket.revision}"


class _ToldToWaitError(Exception):
    def __init__(self, after_s: float) -> None:
        super().__init__()
        self.after_s = after_s


class _StormSocket(Socket):
    def __init__(self, port: int, key: str, query: str) -> None:
        super().__init__(port, "/ws/notifications/" + query, key)
        self.synced_at: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.epoch, self.revision = "", 0

    def data_received(self, data: bytes) -> None:
        try:
            super().data_received(data)
        except AssertionError as error:
            self._fail(error)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._fail(EOFError())

    def _take(self, frame: bytes) -> None:
        super()._take(frame)
        if frame.startswith(b'{"type":"bye"'):
            self._fail(_ToldToWaitError(json.loads(frame)["after_ms"] / 1000))
            self.transport.close()
        elif frame.startswith(b'{"type":"synced"') and not self.synced_at.done():
            self.epoch = self._epoch
            self.revision = json.loads(frame).get("revision", 0)
            self.synced_at.set_result(time.monotonic())

    def _fail(self, error: Exception) -> None:
        if not self.synced_at.done():
            self.synced_at.set_exception(error)


if __name__ == "__main__":
    main()
