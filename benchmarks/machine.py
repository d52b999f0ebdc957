"""What a figure was measured on, and how figures are printed."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

_PACKAGES = ("Django", "channels", "uvicorn", "daphne", "websockets")


def describe(*versions: str) -> str:
    """The command, the moment and the machine, as the first lines of a benchmark's output."""
    here = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    packages = [f"{one} {metadata.version(one)}" for one in _PACKAGES]
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    return "\n".join(
        [
            f"command  python -m {_module()} {' '.join(sys.argv[1:])}".rstrip(),
            f"date     {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            f"machine  {os.cpu_count()} CPUs, {_cpu_model()}, {platform.system()}, load {load}",
            f"versions {', '.join([*here, *packages, *versions])}",
        ]
    )


def spread(stats: Sequence[float], unit: str = "", digits: int = 2) -> str:
    """Median, and from the least to the most."""
    middle, least, most = statistics.median(stats), min(stats), max(stats)
    measured = f"{middle:.{digits}f} {unit}".rstrip()
    return f"{measured} ({least:.{digits}f} to {most:.{digits}f})"


def _module() -> str:
    name = Path(sys.argv[0]).stem
    return "benchmarks" if name == "__main__" else f"benchmarks.{name}"


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
