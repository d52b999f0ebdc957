"""What the live dashboard's aggregate costs a server process, of a core.

``python -m benchmarks.dashboard`` measures the CPU time of each thing that the aggregate does, on
a SQLite file and on a thread of its own, so that a busy machine changes little; and says what
share of a core that is, at the rate at which it is done. "Idle" is a process that nobody looks
at.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from benchmarks import harness, machine

USERS = 5_000


def main() -> None:
    parser = harness.options(__doc__)
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
        described = machine.describe()
        harness.keep(options.results, "dashboard", described, _measured(options))


def _measured(options: argparse.Namespace) -> list[harness.Table]:
    from django.core.management import call_command  # noqa: PLC0415

    from notifications.dashboard.board import Board  # noqa: PLC0415
    from notifications.models import Process  # noqa: PLC0415
    from notifications.models.process import pack  # noqa: PLC0415
    from notifications.process import figures  # noqa: PLC0415
    from notifications.push import presence  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    inboxes = pack(range(USERS))
    writers = [presence.Presence(_NoHub()) for _ in range(options.processes)]  # type: ignore[arg-type]
    lease = {"streams": {"websocket": USERS}, "lease_until": presence.from_now(3600)}
    for writer in writers:
        writer._write(dict(lease), inboxes)
    row = Process.objects.filter(pk=writers[0]._id)
    board = Board()
    board._online_until = float("inf")  # who is online is counted at a share of its own, see there
    acts: dict[str, Callable[[], object]] = {
        # What a process wrote before there was a dashboard: its lease and its streams.
        "the lease alone": lambda: row.update(**lease),
        "the lease and the figures": lambda: writers[0]._write(dict(lease), inboxes),
        "of it the figures": figures.said,
        "backlog, online, history": presence._keep_totals,
        "a frame of the dashboard": board._read,
    }
    whom = f"Dashboard, {options.processes} processes, {USERS:,} users online at each, SQLite"
    costs = harness.Table(whom, "ms of CPU each")
    shares = harness.Table(
        f"{whom}: more than without", "% of a core",
        budgets={"nobody looks": 1.0, "somebody looks elsewhere": 2.0},
    )  # fmt: skip
    for _ in harness.rounds(options.rounds):
        cost_s = {name: _cost_s(act) for name, act in acts.items()}
        for name, each in cost_s.items():
            costs.add(name, each * 1000)
        for name, share in _shares(*cost_s.values()).items():
            shares.add(name, share * 100)
    return [costs, shares]


def _shares(
    before: float, write: float, _look: float, keep: float, read: float
) -> dict[str, float]:
    """Of a core, at the rate at which each is done."""
    kept = keep / 5 + 10 * _TICK_S
    watched = write - before / 2 + kept
    return {
        "nobody looks": (write - before) / 2 + kept,
        "somebody looks elsewhere": watched,
        "somebody looks through it": watched + read,
    }


# One turn of an event loop for a timer, about.
_TICK_S = 30e-6
_TIMES = 100


class _NoHub:
    """Nobody's streams."""

    streams: dict[int, set[object]] = {}

    def __init__(self) -> None:
        self.process = uuid4().hex


def _cost_s(work: Callable[[], object]) -> float:
    """The CPU time of one."""
    work()
    began = time.thread_time()
    for _ in range(_TIMES):
        work()
    return (time.thread_time() - began) / _TIMES


if __name__ == "__main__":
    main()
