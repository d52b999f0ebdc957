"""What takes long, or needs a machine of its own: `make soak`.

The files are not named as tests are, so that `make test` does not collect them. Where a machine
cannot do what one needs, it fails and says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from django.db import connection

from tests.faults.conftest import (
    clients,
    own_home,
    people,
    postgresql,
    processes,
    start_cluster,
)

__all__ = ["clients", "own_home", "people", "postgresql", "processes", "start_cluster"]

# A file restarts with nobody, and PostgreSQL's disk is not ours to fill.
collect_ignore = ["soak_postgresql.py" if connection.vendor == "sqlite" else "soak_disk_full.py"]


def seeds() -> list[int]:
    """``SEED=7`` repeats that one; ``SEEDS=3`` takes so many instead of 20."""
    if seed := os.environ.get("SEED"):
        return [int(seed)]
    return list(range(1, int(os.environ.get("SEEDS") or 20) + 1))


def as_root(*command: str) -> None:
    """Run a program that only root may run; else the test fails, and says what it needs."""
    said = "no such program"
    if shutil.which(command[0]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        said = done.stderr.strip()
    pytest.fail(f"This needs root, and `{' '.join(command)}`: {said}")
