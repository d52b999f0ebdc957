"""The same stream by polling, with an ETag and without, by long poll, SSE and WebSocket.

``python -m benchmarks.transports --users 50 --rounds 5`` lets ``manage.py compare_transports`` do
it once a round: that many users wait for what is sent to them at random moments.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import harness, machine

TABLES = {
    "delay_median_ms": ("until it has come, median", "ms"),
    "server_cpu_s": ("the server's CPU, all users together", "s"),
    "bytes_per_user_hour": ("bytes both ways, a user and hour", "kB"),
}
BASE = "poll"


def main() -> None:
    parser = harness.options(__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--messages", type=int, default=5)
    parser.add_argument("--mean-gap", type=float, default=0.4, help="seconds between them")
    parser.add_argument("--interval", type=float, default=2.0, help="seconds between polls")
    options = parser.parse_args()
    described = machine.describe()
    whom = f"{options.users} users, a poll every {options.interval:g} s"
    tables = {
        name: harness.Table(f"{whom}: {what}", unit, BASE) for name, (what, unit) in TABLES.items()
    }
    given = (options.users, options.messages, options.mean_gap, options.interval)
    for _ in harness.rounds(options.rounds):
        for found in _compared(*given):
            hourly = (found["bytes_up"] + found["bytes_down"]) / found["users"] / found["seconds"]
            figures = found | {"bytes_per_user_hour": hourly * 3600 / 1000}
            for name, table in tables.items():
                table.add(found["transport"], figures[name])
    harness.keep(options.results, "transports", described, [*tables.values()])


def _compared(users: int, messages: int, mean_gap: float, interval: float) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        file = Path(folder) / "found.json"
        given = {
            "users": users, "messages": messages, "mean-gap": mean_gap, "interval": interval,
            "json": file,
        }  # fmt: skip
        words = [word for name, value in given.items() for word in (f"--{name}", str(value))]
        subprocess.run(
            [sys.executable, "manage.py", "compare_transports", *words],
            env=os.environ | {"SECRET_KEY": "x" * 50, "DATABASE_URL": f"sqlite:///{folder}/db"},
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        found: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["results"]
        return found


if __name__ == "__main__":
    main()
