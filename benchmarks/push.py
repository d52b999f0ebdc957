"""From a commit in another process to the frame at a browser's socket.

``python -m benchmarks.push --sockets 1000 --sends 200`` opens that many sockets of as many users
on one server process, sends to one of them at a time from another process, and measures from the
return of ``sending.send`` (the dispatch is committed) to the arrival of the frame; then it sends
one notification to everyone and measures until the last socket has it. On SQLite without Redis,
and on PostgreSQL with Redis.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

from benchmarks import machine
from benchmarks.site import SESSION_COOKIE, ended, prepared, services, serving, until_listening
from tests.support.ports import free_port

RATE_PER_S = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--sends", type=int, default=200)
    parser.add_argument("--server", choices=["uvicorn", "daphne"], default="uvicorn")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--role", choices=["parent", "prepare", "send"], default="parent")
    options = parser.parse_args()
    if options.role == "parent":
        print(machine.describe(), flush=True)
        for name in options.database or ["sqlite", "postgresql"]:
            _measure(name, options)
        return
    import django  # noqa: PLC0415 (its settings come from the environment that the parent made)

    django.setup()
    if options.role == "prepare":
        _prepare(options.sockets)
    else:
        _send_as_told()


# --- The parent: services, sockets, figures -------------------------------------------------------


def _measure(name: str, options: argparse.Namespace) -> None:
    with services(name) as environment, ExitStack() as stack:
        keys = prepared(environment, options.sockets)
        port = free_port()
        stack.enter_context(ended(subprocess.Popen(serving(options.server, port), env=environment)))
        until_listening(port)
        sender = Sender(environment)
        stack.callback(sender.close)
        stats = asyncio.run(_Run(port, keys, sender, options.sends).run())
    print(f"\n{name}{' + Redis' if name == 'postgresql' else ''}, {options.server}, "
          f"{options.sockets} sockets")  # fmt: skip
    for label, text in stats.items():
        print(f"  {label}: {text}", flush=True)


async def changes(
    port: int, key: str, synced: asyncio.Semaphore
) -> AsyncIterator[tuple[float, list[dict[str, Any]]]]:
    """What one socket is told until it is cancelled: when a change came, and what is in it.

    It answers pings. Args: key: of its session. synced: released when it has caught up.
    """
    from websockets.asyncio.client import connect  # noqa: PLC0415

    async with connect(
        f"ws://127.0.0.1:{port}/ws/notifications/",
        additional_headers={"Cookie": f"{SESSION_COOKIE}={key}"},
        origin=f"http://127.0.0.1:{port}",
        compression=None, max_queue=None, ping_interval=None,
    ) as websocket:  # fmt: skip
        epoch = ""
        async for text in websocket:
            now = time.monotonic()
            frame = json.loads(text)
            epoch = frame.get("epoch", epoch)
            if frame["type"] == "synced":
                synced.release()
            elif frame["type"] == "changes":
                yield now, frame["notifications"]
            elif frame["type"] == "ping":
                pong = {"type": "pong", "epoch": epoch, "revision": frame["revision"]}
                await websocket.send(json.dumps(pong))


class Sender:
    """Another process, which sends and dispatches what it is told to."""

    def __init__(self, environment: dict[str, str]) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._process: Any = subprocess.Popen(_role("send"), env=environment, text=True, **pipes)

    async def send(self, title: str, user: int | None) -> float:
        """Send to one of the users, or to all; when it was committed (monotonic seconds)."""
        self._process.stdin.write(json.dumps([title, user]) + "\n")
        self._process.stdin.flush()
        return float(await asyncio.to_thread(self._process.stdout.readline))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


class _Run:
    def __init__(self, port: int, keys: list[str], sender: Sender, sends: int) -> None:
        self.port, self.keys, self.sender, self.sends = port, keys, sender, sends
        self.arrived: dict[str, list[float]] = {}
        self.synced = asyncio.Semaphore(0)

    async def run(self) -> dict[str, str]:
        readers, began = [], time.monotonic()
        for n, key in enumerate(self.keys):
            readers.append(asyncio.create_task(self._read(key)))
            if n % 50 == 49:  # noqa: PLR2004 (handshakes in flight)
                await self._all_synced(50)
        await self._all_synced(len(self.keys) % 50)
        opened_s = time.monotonic() - began
        # The hub joins the groups of newcomers at a bounded rate; what is measured is after that.
        await asyncio.sleep(3)
        waits = []
        for n in range(self.sends):
            title = f"one {n}"
            committed = await self.sender.send(title, random.randrange(len(self.keys)))
            waits.append((await self._until_arrived(title, 1))[0] - committed)
            await asyncio.sleep(1 / RATE_PER_S)
        committed = await self.sender.send("everyone", None)
        everyone = await self._until_arrived("everyone", len(self.keys))
        for reader in readers:
            reader.cancel()
        spread = sorted(wait * 1000 for wait in waits)
        return {
            "commit -> frame, ms": f"p50 {statistics.median(spread):.2f}, "
            f"p99 {spread[int(len(spread) * 0.99)]:.2f}, max {spread[-1]:.2f}",
            "everyone, from the commit to the first and the last, ms": (
                f"{(everyone[0] - committed) * 1000:.1f}, {(everyone[-1] - committed) * 1000:.1f}; "
                f"{len(everyone)} of {len(self.keys)} arrived"
            ),
            "handshakes to synced, per s": f"{len(self.keys) / opened_s:.0f}",
        }

    async def _read(self, key: str) -> None:
        async for now, notifications in changes(self.port, key, self.synced):
            for one in notifications:
                self.arrived.setdefault(one["title"], []).append(now)

    async def _all_synced(self, count: int) -> None:
        for _ in range(count):
            async with asyncio.timeout(60):
                await self.synced.acquire()

    async def _until_arrived(self, title: str, count: int) -> list[float]:
        deadline = time.monotonic() + 60
        while (  # noqa: ASYNC110 (a poll disturbs what is measured less than an event per frame)
            len(self.arrived.get(title, [])) < count and time.monotonic() < deadline
        ):
            await asyncio.sleep(0.001)
        return self.arrived.get(title, [])


def _role(role: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.push", "--role", role, *arguments]


# --- Children -------------------------------------------------------------------------------------


def _prepare(count: int) -> None:
    """Users and a session of each; the session keys on standard output."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    from accounts.models import Session  # noqa: PLC0415
    from accounts.sessions import SessionStore  # noqa: PLC0415

    users = get_user_model().objects.bulk_create(
        get_user_model()(username=f"u{n}", password="!") for n in range(count)
    )
    rows, keys = [], []
    for user in users:
        store = SessionStore()
        store._session_key = store._get_new_session_key()
        keys.append(store.session_key)
        rows.append(
            store.create_model_instance({
                "_auth_user_id": str(user.pk),
                "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
                "_auth_user_hash": user.get_session_auth_hash(),
            })
        )  # fmt: skip
    Session.objects.bulk_create(rows)
    print(json.dumps(keys))


def _send_as_told() -> None:
    """For each line a send; when it had committed, in monotonic seconds, on standard output."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    from notifications.models import audiences  # noqa: PLC0415
    from notifications.sending import acts  # noqa: PLC0415
    from notifications.sending.dispatch import Dispatch  # noqa: PLC0415
    from notifications.wire.message import Message  # noqa: PLC0415

    pks = list(get_user_model().objects.order_by("pk").values_list("pk", flat=True))
    for line in sys.stdin:
        title, user = json.loads(line)
        chosen = None if user is None else audiences.ChosenUsers([pks[user]], "one")
        sent = acts.send(Message(title), audience=chosen or audiences.Everyone())
        committed = time.monotonic()
        if sent.notification.status == "sending":
            Dispatch(sent.notification.pk).run()
        print(committed, flush=True)


if __name__ == "__main__":
    main()
