"""Packets of the loopback in a file for Wireshark: dumpcap writes them down, tshark counts."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notifications.management.comparison.failures import Failed

PROGRAMS = ("dumpcap", "tshark")
REMEDY = "apt-get install tshark (Debian), or install Wireshark"
# How Wireshark's display filters name what is to be found.
UPGRADE = 'http.request && http.upgrade == "websocket"'
POLL = 'http.request.uri contains "/api/v1/inbox?"'

_LOOPBACK = "lo" if sys.platform == "linux" else "lo0"
# What the kernel holds for dumpcap comes within a quarter of a second.
_QUIET_S, _LOOK_S, _PATIENCE_S = 0.6, 0.1, 20.0


def missing() -> list[str]:
    """The programs that are not there."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


@contextmanager
def of_port(port: int, path: Path) -> Iterator[None]:
    """All packets from and to a port of this machine meanwhile. Raises: Failed."""
    command = ["dumpcap", "-q", "-i", _LOOPBACK, "-f", f"tcp port {port}", "-w", str(path)]
    process = subprocess.Popen(  # noqa: S603 (what the PATH has under that name)
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        _until_it_listens(process)
        yield
        _until_quiet(path)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def counts(path: Path, *filters: str) -> list[int]:
    """How many packets of a file each filter shows.

    Args: filters: without commas.
    Raises: Failed: tshark cannot read it.
    """
    # All in one go: it reads the whole file each time.
    command = ["tshark", "-r", str(path), "-q", "-z", ",".join(["io,stat,0", *filters])]
    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    # Of a table's last row, after the interval: packets and bytes for each, and maybe padding.
    rows = [line.split("|")[2:] for line in found.stdout.splitlines() if "<>" in line]
    cells = [int(cell) for row in rows for cell in row if cell.strip()]
    if found.returncode != 0 or len(cells) != 2 * len(filters):
        raise Failed(f"tshark cannot read {path}: {found.stderr.strip()}")
    return cells[::2]


def _until_it_listens(process: subprocess.Popen[str]) -> None:
    said = ""
    for line in process.stderr or ():
        if line.startswith("File:"):
            return
        said += line
    raise Failed(
        "dumpcap may not listen to the loopback; root may, and on Debian whoever is of the group "
        f"wireshark. It says:\n{said.strip()}"
    )


def _until_quiet(path: Path) -> None:
    """Wait until all that has gone is in the file: until it grows no more."""
    size, since, ends = -1, time.monotonic(), time.monotonic() + _PATIENCE_S
    while time.monotonic() < min(since + _QUIET_S, ends):
        if path.stat().st_size != size:
            size, since = path.stat().st_size, time.monotonic()
        time.sleep(_LOOK_S)
