"""The process that forks, started by tests/support/forkserver.py, and those that it keeps warm.

It has all libraries loaded; a program that it forks imports the project anew, for that reads the
environment. Programs with the same environment are forked from a process that has that done too: it
has set Django up, as they would first of all. What there cannot be loaded in silence runs without.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import re
import runpy
import select
import signal
import socket
import sys
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

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
# What programs of ours import after Django is set up, as above.
_PAGES = ("config.admission", "config.health", "notifications.routing")
_SERVE = (
    "notifications.servers.uvicorn",
    "notifications.servers.uvicorn_server",
    "uvicorn.lifespan.off",
)
_COMMANDS_WITH_PAGES = {"check", "migrate", "runserver", "serve"}
# Programs that set Django up with nothing done before.
_MODULES = {"tests.support.actors", "tests.support.senders"}
_REPOSITORY = Path(__file__).parents[2]
_SETTINGS = re.compile(r"""["']DJANGO_SETTINGS_MODULE["'], ["']([\w.]+)["']""")
_MESSAGE_MAX_BYTES = 131_072
_FDS = 4
_PR_SET_PDEATHSIG = 1
# Each has some 30 MB of its own.
_WARM_MOST = 4
_WARM = b"warm"


class Program(NamedTuple):
    argv: list[str]
    environment: dict[str, str]
    folder: str

    def key(self) -> str | None:
        """What it has in common with those that begin as it does; None: it begins otherwise."""
        first, second, *_ = [*self.argv, ""]
        if first != "manage.py" and not (first == "-m" and second in _MODULES):
            return None
        if any(word.startswith(("--settings", "--pythonpath")) for word in self.argv):
            return None
        what = [self.modules(), self.environment, self.folder, self._code()]
        return json.dumps(what, sort_keys=True)

    def modules(self) -> tuple[str, ...]:
        """What it will import, as a project of ours does."""
        if self.argv[0] != "manage.py" or self.argv[1] not in _COMMANDS_WITH_PAGES:
            return ()
        return _PAGES + _SERVE if self.argv[1] == "serve" else _PAGES

    def _code(self) -> list[tuple[str, int, int]]:
        """Ours does not change while tests run, but that of hosts does."""
        if Path(self.folder) == _REPOSITORY:
            return []
        files = [(path, path.stat()) for path in sorted(Path(self.folder).rglob("*.py"))]
        return [(str(path), state.st_mtime_ns, state.st_size) for path, state in files]


class Forking:
    """Forks whenever a program is asked for."""

    def __init__(self, control: socket.socket, *, is_warm: bool = False) -> None:
        self._control = control
        self._is_warm = is_warm
        # By the pidfd of a child.
        self._reports: dict[int, tuple[int, socket.socket | None]] = {}
        self._warm: OrderedDict[str, socket.socket | None] = OrderedDict()

    def serve(self) -> Program:
        """Returns in the child, and only there, with what that shall run."""
        asked: list[socket.socket] = [self._control]
        while asked or self._reports:
            for fd in select.select([*asked, *self._reports], [], [])[0]:
                if fd is not self._control:
                    self._reap(fd)
                    continue
                message, fds, _, _ = socket.recv_fds(self._control, _MESSAGE_MAX_BYTES, _FDS)
                if not message:
                    # Those that run end with us, and not before they are done.
                    asked = []
                elif program := self._start(message, fds):
                    return program
        os._exit(0)

    def _start(self, message: bytes, fds: list[int]) -> Program | None:
        program = Program(*json.loads(message))
        if not self._is_warm and (key := program.key()):
            if key not in self._warm and (begun := self._make_warm(key, program)):
                return begun
            self._warm.move_to_end(key)
            if warm := self._warm[key]:
                socket.send_fds(warm, [message], fds)
                for used in fds:
                    os.close(used)
                return None
        *standard, report_fd = fds
        if not (pid := os.fork()):
            self._become_child(standard)
            os.close(report_fd)
            if not self._is_warm:
                begin(program)
            return program
        for used in standard:
            os.close(used)
        report = socket.socket(fileno=report_fd)
        self._reports[os.pidfd_open(pid)] = pid, report
        _tell(report, pid)
        return None

    def _reap(self, pidfd: int) -> None:
        pid, report = self._reports.pop(pidfd)
        os.close(pidfd)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if report:
            _tell(report, status)
            report.close()

    def _become_child(self, standard: list[int]) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        for number, fd in enumerate(standard):
            os.dup2(fd, number)
            os.close(fd)
        reports = [report for _, report in self._reports.values()]
        for one in (self._control, *reports, *self._warm.values()):
            if one:
                one.close()
        for pidfd in self._reports:
            os.close(pidfd)

    def _make_warm(self, key: str, program: Program) -> Program | None:
        """Start a process that forks such programs; in those that it forks, what they shall run."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if not (pid := os.fork()):
            ours.close()
            said = os.memfd_create("said")
            self._become_child([os.open(os.devnull, os.O_RDONLY), os.dup(said), os.dup(said)])
            begin(program)
            if not _load(program) or os.fstat(said).st_size:
                os._exit(1)
            os.close(said)
            theirs.send(_WARM)
            return Forking(theirs, is_warm=True).serve()
        theirs.close()
        self._reports[os.pidfd_open(pid)] = pid, None
        self._warm[key] = ours if ours.recv(len(_WARM)) == _WARM else None
        if len(self._warm) > _WARM_MOST:
            _, oldest = self._warm.popitem(last=False)
            if oldest:
                oldest.close()
        return None


def begin(program: Program) -> None:
    """Be where the program shall be."""
    os.environ.clear()
    os.environ.update(program.environment)
    time.tzset()
    os.chdir(program.folder)
    first = program.argv[0]
    named = program.environment.get("PYTHONPATH", "")
    own = program.folder if first == "-m" else str(Path(first).resolve().parent)
    sys.path[:1] = [own, *filter(None, named.split(":"))]


def _load(program: Program) -> bool:
    """Do what the program would do first; whether that went well and holds nothing open."""
    opened = _opened()
    try:
        manage = (_REPOSITORY if program.argv[0] == "-m" else Path(program.folder)) / "manage.py"
        named = _SETTINGS.search(manage.read_text("utf-8"))
        assert named is not None
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", named[1])
        import django
        from django.conf import settings

        django.setup()
        if program.modules():
            import_module(settings.ROOT_URLCONF)
        for name in program.modules():
            if find_spec(name.partition(".")[0]):
                import_module(name)
    except BaseException:  # noqa: BLE001
        return False
    gc.collect()
    gc.freeze()
    return threading.active_count() == 1 and _opened() == opened


def _opened() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _tell(report: socket.socket, number: int) -> None:
    # Whoever asked for the program may have gone.
    with suppress(OSError):
        report.send(str(number).encode())


def _main() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # That of this file, where modules of the tests stand.
    sys.path[0] = os.devnull
    for library in LIBRARIES:
        import_module(library)
    from django.conf import settings

    assert not settings.configured
    assert threading.active_count() == 1
    gc.collect()
    gc.freeze()
    program = Forking(socket.socket(fileno=int(sys.argv[1]))).serve()
    first, *rest = program.argv
    if first == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = program.argv
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    _main()
