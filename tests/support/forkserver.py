"""Starts Python programs that have their libraries loaded, as multiprocessing's forkserver does.

A server of ours spends a second of CPU on importing Django and the like, and the tests start
hundreds. One process imports them once and forks (tests/support/forking.py): each child has a PID,
files, an environment and an end of its own. Unlike those of multiprocessing it runs a program as
``python FILE`` does, down to the interpreter's own end.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# What the interpreter or the C library reads before any program runs.
_BELOW_PYTHON = ("FAKETIME", "LD_", "MALLOC_")
_READ_AT_START = (*_BELOW_PYTHON, "PYTHON")
_FORKING = Path(__file__).with_name("forking.py")
# With it a program is forked by the same process as all others: those that a test may kill are to
# have said what they had to say.
UNBUFFERED = {"PYTHONUNBUFFERED": "1"}
# It differs from test to test, and no program reads it.
_NOT_TOLD = "PYTEST_CURRENT_TEST"


def may_fork(environment: Mapping[str, str]) -> bool:
    """Whether a program with this environment is none the wiser for being forked: another clock or
    another allocator is there from the first instruction on, and so is a module `sitecustomize`.
    """
    folders = environment.get("PYTHONPATH", "").split(os.pathsep)
    if any((Path(folder) / "sitecustomize.py").exists() for folder in folders if folder):
        return False
    return _begun_with(environment, _BELOW_PYTHON) == _begun_with(os.environ, _BELOW_PYTHON)


def forkserver(environment: Mapping[str, str]) -> Forkserver:
    """This process's own for programs with such an environment."""
    return _forkserver(tuple(_begun_with(environment, _READ_AT_START).items()))


def _begun_with(environment: Mapping[str, str], prefixes: tuple[str, ...]) -> dict[str, str]:
    names = sorted(name for name in environment if name.startswith(prefixes))
    # Whoever forks sees to that.
    return {name: environment[name] for name in names if name != "PYTHONPATH"}


@cache
def _forkserver(read_at_start: tuple[tuple[str, str], ...]) -> Forkserver:
    return Forkserver(dict(read_at_start))


def start(
    argv: list[str], output: IO[bytes], environment: dict[str, str], folder: Path
) -> subprocess.Popen[bytes] | Forked:
    """Start a program in our Python, without input: by forking, if that is the same to it."""
    if may_fork(environment):
        forked = forkserver(environment).start(argv, output, environment, folder)
        forked.stdin.close()
        return forked
    return subprocess.Popen(
        [sys.executable, *argv], cwd=folder, env=environment, stdout=output, stderr=output
    )


def run(
    argv: list[str],
    environment: dict[str, str],
    folder: Path,
    *,
    input: str = "",  # noqa: A002  # as subprocess.run has it
    timeout: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, what it prints captured.

    Raises: subprocess.TimeoutExpired: it did not end; it is killed.
    """
    if not may_fork(environment):
        return subprocess.run(
            [sys.executable, *argv], cwd=folder, env=environment, input=input, timeout=timeout,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = forkserver(environment).start(argv, output, environment, folder, errors=errors)
        with suppress(BrokenPipeError), process.stdin:
            process.stdin.write(input.encode())
        try:
            status = process.wait(timeout)
        finally:
            process.kill()
        return subprocess.CompletedProcess(argv, status, _text(output), _text(errors))


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    # With line ends as `text=True` gives them.
    return file.read().decode().replace("\r\n", "\n")


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

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _next_report(self) -> int:
        report = self._reports.recv(64)
        if not report:
            raise RuntimeError("The forkserver of the tests has ended.")
        return int(report)


class Forkserver:
    """The process that forks, seen from the tests."""

    def __init__(self, read_at_start: dict[str, str]) -> None:
        names = [name for name in os.environ if not name.startswith(_READ_AT_START)]
        environment = {name: os.environ[name] for name in names} | read_at_start
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, str(_FORKING), str(theirs.fileno())],
                env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def start(
        self,
        argv: list[str],
        output: IO[bytes],
        environment: dict[str, str],
        folder: Path,
        *,
        errors: IO[bytes] | None = None,
    ) -> Forked:
        """Args:
        argv: a program's file or ``-m`` and a module, and its arguments.
        errors: where these go, if not to the output.
        """
        told = {name: environment[name] for name in environment if name != _NOT_TOLD}
        program = json.dumps([argv, told, str(folder)]).encode()
        read_end, write_end = os.pipe()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fds = [read_end, output.fileno(), (errors or output).fileno(), theirs.fileno()]
        with theirs:
            socket.send_fds(self._control, [program], fds)
        os.close(read_end)
        return Forked(os.fdopen(write_end, "wb", buffering=0), ours)
