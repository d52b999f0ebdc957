"""Starts Python programs that have their libraries loaded, as multiprocessing's forkserver does.

A server of ours spends a second of CPU on importing Django and the like, and the tests start
hundreds. One process imports them once and forks: each child has a PID, files, an environment and
an end of its own, and imports the project anew, for that reads the environment. Unlike those of
multiprocessing it runs a program as ``python FILE`` does, down to the interpreter's own end.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, NamedTuple

# Of what servers and commands import: all that reads no settings, starts no thread and opens
# nothing. Daphne's server makes an event loop, Django's models of users ask for settings, and
# Autobahn's suite says how Autobahn's library works before that is loaded.
LIBRARIES = (
    "django.core.management",
    "django.core.management.commands.runserver",
    "django.core.handlers.asgi",
    "django.contrib.admin",
    "django.contrib.sessions.backends.base",
    "django.contrib.staticfiles.handlers",
    "django.db.backends.postgresql.psycopg_any",
    "django.db.backends.sqlite3.base",
    "django.db.migrations.executor",
    "django.test.signals",
    "cffi.cparser",
    "channels.generic.websocket",
    "channels.layers",
    "channels.routing",
    "hyperlink",
    "pydantic.deprecated.decorator",
    "pydantic.dataclasses",
    "pydantic.main",
    "pydantic.networks",
    "pydantic.type_adapter",
    "redis.asyncio",
    "regex",
    "twisted.internet.asyncioreactor",
    "twisted.python.log",
    "twisted.web.http_headers",
    "uvicorn.protocols.http.h11_impl",
    "websockets.asyncio.server",
)
# What the interpreter or the C library reads before any program runs.
_READ_AT_START = ("FAKETIME", "LD_", "MALLOC_", "PYTHON")
_MESSAGE_MAX_BYTES = 131_072
_FDS = 4
_PR_SET_PDEATHSIG = 1


def may_fork(environment: dict[str, str]) -> bool:
    """Whether a program with this environment is none the wiser for being forked from us."""

    def read_at_start(variables: dict[str, str]) -> dict[str, str]:
        return {key: variables[key] for key in variables if key.startswith(_READ_AT_START)}

    return read_at_start(environment) == read_at_start(_environment())


@cache
def forkserver() -> Forkserver:
    """This process's own."""
    return Forkserver()


def _environment() -> dict[str, str]:
    # As every child of the tests has it: else what a killed process had said would die with it.
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


class Forked:
    """A program that was forked: as much of ``subprocess.Popen`` as the tests use."""

    def __init__(self, stdin: IO[bytes], reports: socket.socket) -> None:
        self.stdin = stdin
        self._reports = reports
        self._status: int | None = None
        self._lock = threading.Lock()
        self.pid = self._next_report()

    def poll(self) -> int | None:
        """The exit status, as that of ``Popen``; None: it runs."""
        with self._lock:
            if self._status is None and select.select([self._reports], [], [], 0)[0]:
                self._status = self._next_report()
                self._reports.close()
            return self._status

    def wait(self, timeout: float | None = None) -> int:
        """Raises: subprocess.TimeoutExpired: it still runs."""
        if (status := self.poll()) is None:
            select.select([self._reports], [], [], timeout)
            status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired(["forked", str(self.pid)], timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            # It may end, and be reaped, meanwhile.
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _next_report(self) -> int:
        report = self._reports.recv(64)
        if not report:
            raise RuntimeError("The forkserver of the tests has ended.")
        return int(report)


class Forkserver:
    """The process that forks, seen from the tests."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                env=_environment(), pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def start(
        self, argv: list[str], output: IO[bytes], environment: dict[str, str], folder: str
    ) -> Forked:
        """Args: argv: a program's file or ``-m`` and a module, and its arguments."""
        program = json.dumps(Program(argv, environment, folder)).encode()
        read_end, write_end = os.pipe()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fds = [read_end, output.fileno(), output.fileno(), theirs.fileno()]
        with theirs:
            socket.send_fds(self._control, [program], fds)
        os.close(read_end)
        return Forked(os.fdopen(write_end, "wb", buffering=0), ours)


# --- In the process that forks --------------------------------------------------------------------


class Program(NamedTuple):
    argv: list[str]
    environment: dict[str, str]
    folder: str


def _serve(control: socket.socket) -> Program:
    """Fork whenever a program is asked for; it is returned in the child, and only there."""
    reports: dict[int, tuple[int, socket.socket]] = {}
    while True:
        for fd in select.select([control, *reports], [], [])[0]:
            if fd is not control:
                pid, report = reports.pop(fd)
                os.close(fd)
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                _tell(report, status)
                report.close()
                continue
            message, fds, _, _ = socket.recv_fds(control, _MESSAGE_MAX_BYTES, _FDS)
            if not message:
                os._exit(0)
            *standard, report_fd = fds
            if not (pid := os.fork()):
                _become_child(standard, [control, *(one for _, one in reports.values())], reports)
                os.close(report_fd)
                return Program(*json.loads(message))
            for used in standard:
                os.close(used)
            report = socket.socket(fileno=report_fd)
            reports[os.pidfd_open(pid)] = pid, report
            _tell(report, pid)


def _tell(report: socket.socket, number: int) -> None:
    # Whoever asked for the program may have gone.
    with suppress(OSError):
        report.send(str(number).encode())


def _become_child(
    standard: list[int], sockets: list[socket.socket], pidfds: dict[int, object]
) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for number, fd in enumerate(standard):
        os.dup2(fd, number)
        os.close(fd)
    for one in sockets:
        one.close()
    for fd in pidfds:
        os.close(fd)


def _main() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for library in LIBRARIES:
        import_module(library)
    from django.conf import settings

    assert not settings.configured
    assert threading.active_count() == 1
    gc.collect()
    gc.freeze()
    program = _serve(socket.socket(fileno=int(sys.argv[1])))
    os.environ.clear()
    os.environ.update(program.environment)
    time.tzset()
    os.chdir(program.folder)
    gc.unfreeze()
    first, *rest = program.argv
    if first == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = program.argv
        sys.path[0] = str(Path(first).resolve().parent)
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    _main()
