"""A server that is started for the measurement, on a database of its own, and ended after it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import notifications
from notifications.management.comparison.clients import PAGE_SIZE
from notifications.management.comparison.failures import Failed
from notifications.management.comparison.site import Site

_HOST = "127.0.0.1"
_END_S = 10
_LISTEN_S = 60
_PROBE_S = 0.05
# Of what it has said, when it fails.
_LAST_WORDS = 2000


@dataclass(frozen=True)
class Own:
    site: Site
    users: list[str]
    key: str
    pid: int


@contextmanager
def running(user_count: int, *, ping_interval_s: float = 25) -> Iterator[Own]:
    """One with so many users, a page in the inbox of each. Raises: Failed: it does not start."""
    with tempfile.TemporaryDirectory(prefix="compare-transports-") as folder:
        log = Path(folder) / "server.log"
        process = _start(Path(folder), log, [user_count, PAGE_SIZE], ping_interval_s)
        try:
            made = _until_made(process, log)
            _until_it_listens(process, made["port"], log)
            site = Site("http", _HOST, made["port"])
            yield Own(site, made["users"], made["key"], process.pid)
        finally:
            _end(process)


def _start(
    folder: Path, log: Path, arguments: list[int], ping_interval_s: float
) -> subprocess.Popen[str]:
    place = str(Path(notifications.__file__).parents[1])
    environment = {
        **os.environ,
        "SOLO_DATABASE": str(folder / "db.sqlite3"),
        "SOLO_PING_INTERVAL_S": str(ping_interval_s),
        # Our own path: how this process found the packages is no matter of that one's.
        "PYTHONPATH": os.pathsep.join([place, *filter(None, sys.path)]),
    }
    # Whoever started us may be watched by systemd; it is not.
    environment.pop("NOTIFY_SOCKET", None)
    with log.open("wb") as errors:
        return subprocess.Popen(  # noqa: S603 (ourselves)
            [sys.executable, "-m", "notifications.solo", *map(str, arguments)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            # A Ctrl-C at the terminal is for us, who end it in good order.
            start_new_session=True,
        )


def _until_made(process: subprocess.Popen[str], log: Path) -> dict[str, Any]:
    """Its users, its key and its port, once they are there."""
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        process.wait()
        raise Failed(_report(log))
    made: dict[str, Any] = json.loads(line)
    return made


def _until_it_listens(process: subprocess.Popen[str], port: int, log: Path) -> None:
    for _ in range(round(_LISTEN_S / _PROBE_S)):
        with socket.socket() as probe:
            if probe.connect_ex((_HOST, port)) == 0:
                return
        try:
            process.wait(_PROBE_S)
        except subprocess.TimeoutExpired:
            continue
        break
    raise Failed(_report(log))


def _report(log: Path) -> str:
    said = log.read_text("utf-8", errors="replace")[-_LAST_WORDS:].strip()
    return f"The server that was to be measured has not started:\n{said}"


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def cpu_s(pid: int) -> float | None:
    """The CPU time that a process and those that it has started took so far, if that is known."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return None
    # Behind the program's name, which may hold anything: utime, stime, cutime and cstime.
    ticks = stat.rpartition(")")[2].split()[11:15]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
