"""What the live dashboard's aggregate costs a server process, of a core.

``python -m benchmarks.dashboard`` measures the CPU time of each thing that the aggregate does, on a
SQLite file and on a thread of its own, so that a busy machine changes little; and says what share
of a core that is, at the rate at which it is done. "Idle" is a process that nobody looks at.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import machine

USERS = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2, help="for each thing")
    parser.add_argument("--processes", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "SECRET_KEY": "x" * 50,
            "STATIC_ROOT": str(Path(folder) / "static"),
        }
        import django  # noqa: PLC0415

        django.setup()
        print(machine.describe(f"Django {django.get_version()}"), flush=True)
        _measure(options.seconds, options.processes)


def _measure(seconds: float, processes: int) -> None:
    from django.core.management import call_command  # noqa: PLC0415

    from notifications.dashboard.board import Board  # noqa: PLC0415
    from notifications.models import Process  # noqa: PLC0415
    from notifications.models.process import pack  # noqa: PLC0415
    from notifications.process import figures  # noqa: PLC0415
    from notifications.push import presence  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    inboxes = pack(range(USERS))
    writers = [presence.Presence(_NoHub()) for _ in range(processes)]  # type: ignore[arg-type]
    lease = {"streams": {"websocket": USERS}, "lease_until": presence.from_now(3600)}
    for writer in writers:
        writer._write(dict(lease), inboxes)
    row = Process.objects.filter(pk=writers[0]._id)
    # What a process wrote before there was a dashboard: its lease and its streams.
    before = _cost_s(lambda: row.update(**lease), seconds)
    write = _cost_s(lambda: writers[0]._write(dict(lease), inboxes), seconds)
    keep = _cost_s(presence._keep_totals, seconds)
    board = Board()
    board._online_until = float("inf")  # who is online is counted at a share of its own, see there
    read = _cost_s(board._read, seconds)
    look = _cost_s(figures.said, seconds)
    print(f"\n{processes} processes, {USERS:,} users online at each, SQLite")
    print(f"  the lease alone, as before     {before * 1e3:6.2f} ms")
    print(f"  the lease and the figures      {write * 1e3:6.2f} ms")
    print(f"    of it the figures            {look * 1e3:6.2f} ms")
    print(f"  backlog, online, history       {keep * 1e3:6.2f} ms")
    print(f"  a frame of the dashboard       {read * 1e3:6.2f} ms")
    loop = 10 * _TICK_S
    idle = (write - before) / 2 + keep / 5 + loop
    watched = write - before / 2 + keep / 5 + loop
    print("\nof a core, more than before")
    print(f"  nobody looks                   {idle:6.2%}  (claimed: less than 1 %)")
    print(f"  somebody looks elsewhere       {watched:6.2%}  (claimed: less than 2 %)")
    print(f"  somebody looks through it      {watched + read:6.2%}")


# Of ten each, at the least.
_ROUNDS = 5
# One turn of an event loop for a timer, about.
_TICK_S = 30e-6


class _NoHub:
    """Nobody's streams."""

    streams: dict[int, set[object]] = {}


def _cost_s(work: Callable[[], object], seconds: float) -> float:
    """The CPU time of one, at the median of several rounds."""
    work()
    rounds = []
    until = time.monotonic() + seconds
    while time.monotonic() < until or len(rounds) < _ROUNDS:
        began = time.thread_time()
        for _ in range(10):
            work()
        rounds.append((time.thread_time() - began) / 10)
    return sorted(rounds)[len(rounds) // 2]


if __name__ == "__main__":
    main()
