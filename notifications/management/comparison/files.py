"""What was measured, for programs: CSV and JSON."""

from __future__ import annotations

import csv
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from notifications.management.comparison.results import Result


def write_csv(path: Path, results: Sequence[Result]) -> None:
    """A row for each transport. Raises: OSError."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [one.name for one in fields(Result)])
        writer.writeheader()
        writer.writerows(asdict(one) for one in results)


def write_json(path: Path, results: Sequence[Result], parameters: dict[str, Any]) -> None:
    """All of it, with what it was measured by and on. Raises: OSError."""
    said = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "parameters": parameters,
        "results": [asdict(one) for one in results],
    }
    path.write_text(f"{json.dumps(said, indent=2)}\n", "utf-8")


def machine() -> str:
    """What it was measured on, in a line."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{os.cpu_count()} CPUs, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}{load}"
    )
