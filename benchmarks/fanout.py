"""What one message to every socket costs a server process.

``python -m benchmarks.fanout --sockets 1000 --rounds 30`` broadcasts to that many sockets, waits
until the last has it, and does so again: by the hub on uvicorn and on Daphne, and beside them by
one group membership per consumer, as Channels' tutorial has it, with the in-memory layer, in turns.
What counts is the server's CPU time per delivery, and its ratio to the hub's on uvicorn.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import struct
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import machine
from benchmarks.push import SESSION_COOKIE, _services, until_listening
from tests.support.ports import free_port

CONTENDERS = {
    "hub, uvicorn": ("hub_application", "serve"),
    "hub, Daphne": ("hub_application", "runserver"),
    "groups, uvicorn": ("group_application", "serve"),
    "groups, Daphne": ("group_application", "runserver"),
}
_SHORT, _TWO_BYTES = 126, 127


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--passes", type=int, default=3)
    options = parser.parse_args()
    print(machine.describe(), flush=True)
    costs: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    with _services("sqlite") as environment:
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=environment, check=True)
        prepare = ["-m", "benchmarks.push", "--role", "prepare", "--sockets", str(options.sockets)]
        prepared = subprocess.run(
            [sys.executable, *prepare], env=environment, check=True, capture_output=True, text=True
        )
        keys = json.loads(prepared.stdout)
        for _ in range(options.passes):
            for name, (application, command) in CONTENDERS.items():
                cost, wall = _run(environment, application, command, keys, options.rounds)
                costs[name].append(cost)
                print(
                    f"  {name}: {cost:.1f} us CPU per delivery, last after {wall:.1f} ms",
                    flush=True,
                )
    base = costs["hub, uvicorn"]
    print(f"\n{options.sockets} sockets, {options.passes} passes of {options.rounds} messages")
    for name, measured in costs.items():
        ratios = sorted(cost / own for cost, own in zip(measured, base, strict=True))
        print(
            f"  {name:16} {statistics.median(measured):7.1f} us per delivery, "
            f"{statistics.median(ratios):5.1f} times the hub on uvicorn "
            f"({ratios[0]:.1f} to {ratios[-1]:.1f})"
        )


def _run(
    environment: dict[str, str], application: str, command: str, keys: list[str], rounds: int
) -> tuple[float, float]:
    port = free_port()
    serve = (
        ["serve", "--port", str(port)]
        if command == "serve"
        else ["runserver", "--noreload", "-v0", f"127.0.0.1:{port}"]
    )
    environment = environment | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.fanout_settings",
        "FANOUT_APPLICATION": application,
    }
    server = subprocess.Popen([sys.executable, "manage.py", *serve], env=environment)
    try:
        until_listening(port)
        says_hello = application == "hub_application"
        return asyncio.run(_broadcasts(port, keys, server.pid, rounds, says_hello=says_hello))
    finally:
        server.terminate()
        server.wait()


async def _broadcasts(
    port: int, keys: list[str], pid: int, rounds: int, *, says_hello: bool
) -> tuple[float, float]:
    loop = asyncio.get_running_loop()
    sockets = []
    for key in keys:
        _, one = await loop.create_connection(lambda key=key: _Socket(port, key), "127.0.0.1", port)
        sockets.append(one)
        await one.opened
    # The tutorial's sockets say nothing; a second after the last handshake all are in the group.
    while says_hello and not all(one.synced for one in sockets):  # noqa: ASYNC110 (a benchmark)
        await asyncio.sleep(0.05)
    await asyncio.sleep(1)
    waits = []
    before = _cpu_s(pid)
    for n in range(rounds):
        began = time.monotonic()
        await _post(port)
        while any(one.received <= n for one in sockets):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        waits.append((time.monotonic() - began) * 1000)
    cost = (_cpu_s(pid) - before) / rounds / len(sockets) * 1e6
    for one in sockets:
        one.transport.close()
    return cost, statistics.median(waits)


class _Socket(asyncio.Protocol):
    """As little of a WebSocket client as counts messages and answers pings."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key
        self._buffer = b""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = 0
        self.synced = False
        self._epoch = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        origin = f"127.0.0.1:{self._port}"
        lines = [
            f"GET {self.path()} HTTP/1.1", f"Host: {origin}", "Upgrade: websocket",
            "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13", f"Origin: http://{origin}",
            f"Cookie: {SESSION_COOKIE}={self._key}", "", "",
        ]  # fmt: skip
        self.transport.write("\r\n".join(lines).encode())

    def path(self) -> str:
        return "/ws/notifications/"

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.done():
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head, head
            self.opened.set_result(None)
            self._buffer = rest
        while (frame := self._frame()) is not None:
            self._take(frame)

    def _frame(self) -> bytes | None:
        buffer = self._buffer
        if len(buffer) < 2:  # noqa: PLR2004 (the shortest head)
            return None
        size, start = buffer[1], 2
        if size == _SHORT:
            if len(buffer) < 4:  # noqa: PLR2004
                return None
            size, start = struct.unpack_from("!H", buffer, 2)[0], 4
        elif size == _TWO_BYTES:
            if len(buffer) < 10:  # noqa: PLR2004
                return None
            size, start = struct.unpack_from("!Q", buffer, 2)[0], 10
        if len(buffer) < start + size:
            return None
        self._buffer = buffer[start + size :]
        return buffer[start : start + size]

    def _take(self, frame: bytes) -> None:
        if frame.startswith(b'{"type":"ping"'):
            revision = json.loads(frame)["revision"]
            pong = {"type": "pong", "epoch": self._epoch, "revision": revision}
            self._send(json.dumps(pong).encode())
        elif frame.startswith(b'{"type":"hello"'):
            self._epoch = json.loads(frame)["epoch"]
        elif frame.startswith(b'{"type":"synced"'):
            self.synced = True
        elif frame.startswith((b'{"type":"changes"', b'{"type": "changes"')):
            self.received += 1

    def _send(self, payload: bytes) -> None:
        # Masked with zeros, so that the payload stands as it is.
        self.transport.write(struct.pack("!BBHI", 0x81, 0x80 | _SHORT, len(payload), 0) + payload)


async def _post(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    await reader.readline()
    writer.close()


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
