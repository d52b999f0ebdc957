"""Real child processes on the test's own database: started, watched, killed and always reaped."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from django.db import connection

from tests.support.forkserver import UNBUFFERED, Forked, forkserver, may_fork
from tests.support.leaks import leaks

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

REPOSITORY = Path(__file__).parents[2]
# Far more than anything here takes, so that a slow machine is not a failure.
PATIENCE_S = 120

# Warnings too: they tell of what was tried again, and here nothing has to be.
_COMPLAINT = re.compile(r"Traceback|deadlock|database is locked| (WARNING|ERROR|CRITICAL) ")
# What stays one where things around a process are broken on purpose. Django calls an answer of 503
# an error, which is the right one where the database is gone.
_REFUSAL = r"(?!django\.request Service Unavailable: )"
_FAULT = re.compile(rf"Traceback|deadlock detected| (ERROR|CRITICAL) {_REFUSAL}")
# So that none outlives us, however we end.
_UNDER_US = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
# What a process may end with that nobody has waited for: success, or a signal that we sent.
_ORDERLY = {None, 0, -signal.SIGKILL}

T = TypeVar("T")


def until(condition: Callable[[], T], what: str, *, within_s: float = PATIENCE_S) -> T:
    """Poll ``condition`` until it holds, and return what it gave.

    Raises: TimeoutError: it did not come true; the message says ``what`` was waited for.
    """
    began_at = time.monotonic()
    while not (value := condition()):
        waited_s = time.monotonic() - began_at
        if waited_s > within_s:
            raise TimeoutError(f"Not within {within_s} s: {what}")
        # Whoever asks too often keeps busy those that it waits for.
        time.sleep(min(0.003 + waited_s / 8, 0.1))
    return value


def database_url() -> str:
    """Where this test's own database is, as a child's settings read it."""
    config = connection.settings_dict
    name = str(config["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(name)}"
    user, word = (quote(config[key], safe="") for key in ("USER", "PASSWORD"))
    return f"postgres://{user}:{word}@{config['HOST']}:{config['PORT']}/{name}"


# Where tests run in the background of a script Ctrl-C is ignored, and children would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Tail:
    """What was written to a file since it was last asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0

    def read(self) -> str:
        with self._path.open("rb") as file:
            file.seek(self._position)
            new = file.read()
        self._position += len(new)
        return new.decode("utf-8", errors="replace")


class Child:
    """A process whose output goes to a file."""

    def __init__(self, log: Path, process: subprocess.Popen[bytes] | Forked) -> None:
        self.log = log
        self._process = process

    @classmethod
    def of_command(cls, command: list[str], log: Path, environment: dict[str, str]) -> Self:
        """Start any program."""
        # Its input is held open: an actor waits there, and ends by itself should we die.
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*_UNDER_US, *command],
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                bufsize=0,
            )
        return cls(log, process)

    @classmethod
    def of_python(cls, argv: list[str], log: Path, environment: dict[str, str]) -> Self:
        """Start a program in our Python."""
        if not may_fork(environment):
            return cls.of_command([sys.executable, *argv], log, environment)
        with log.open("ab") as output:
            process = forkserver(environment).start(argv, output, environment, REPOSITORY)
        return cls(log, process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        return self._process.poll()

    def output(self) -> str:
        return self.log.read_text("utf-8", errors="replace")

    def report(self) -> str:
        """How it ended, and its last words."""
        return f"{self.log.name}, exit status {self.status}:\n{self.output()[-4000:]}"

    def wait(self, within_s: float = PATIENCE_S) -> int:
        """The exit status, once it has ended."""
        return self._process.wait(within_s)

    def tell(self, line: str = "") -> None:
        """Write a line to its input."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def freeze(self) -> None:
        """Send SIGSTOP, and return once it stands still."""
        self.send(signal.SIGSTOP)
        stat = Path(f"/proc/{self.pid}/stat")
        # Behind the program's name, which may hold anything.
        until(lambda: stat.read_text("utf-8").rpartition(")")[2].split()[0] == "T", "it stands")

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    def terminate(self, within_s: float = PATIENCE_S) -> int:
        """Send SIGTERM; the exit status."""
        self.send(signal.SIGTERM)
        return self.wait(within_s)

    def kill(self) -> None:
        """Send SIGKILL, which works on a stopped process too, and reap it."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


class Processes:
    """The children of one test; leaving the context ends them all and looks for complaints."""

    def __init__(self, folder: Path, *, may_warn: bool = False) -> None:
        """Args: may_warn: whether what is around them is broken on purpose."""
        self._folder = folder
        self._children: list[Child] = []
        self._server_log = _ServerLog()
        self.may_warn = may_warn

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for child in self._children:
            child.kill()
        if kind is None and (complaints := self.complaints()):
            raise AssertionError("\n".join(complaints))

    def manage(self, *arguments: str, **settings: object) -> Child:
        """Start ``manage.py``; settings by their names in the environment."""
        return self.run(arguments[0], ["manage.py", *arguments], **settings)

    def script(self, path: Path, **environment: object) -> Child:
        """Start a Python program."""
        return self.run(path.stem, [str(path)], **environment)

    def dispatcher(self, **settings: object) -> Child:
        """Start ``manage.py dispatcher``, and wait until it looks for what is due."""
        child = self.manage("dispatcher", **settings)
        self.until(lambda: "Dispatching." in child.output(), "a dispatcher starts")
        return child

    def actor(
        self, name: str, *, journal: Path, settings: dict[str, object] | None = None, **job: Any
    ) -> Child:
        """Start an actor of tests/support/actors.py; it gets ready, and waits for ``begin``."""
        command = ["-m", "tests.support.actors", name, str(journal), json.dumps(job)]
        return self.run(name, command, **(settings or {}))

    def begin(self, *actors: Child, word: str = "ready") -> None:
        """Let actors begin at the same moment, once all of them have said the word."""
        for actor in actors:
            self.until(lambda actor=actor: word in actor.output(), f"an actor is {word}")  # type: ignore[misc]
        for actor in actors:
            actor.tell("begin")

    def until(self, condition: Callable[[], T], what: str) -> T:
        """``until``, which ends at once when a child fails."""

        def checked() -> T:
            self._must_be_well()
            return condition()

        return until(checked, what)

    def complaints(self) -> list[str]:
        """Errors that any child, or the database server, has written down."""
        pattern = _FAULT if self.may_warn else _COMPLAINT
        found = [child.report() for child in self._children if pattern.search(child.output())]
        leaked = [line for child in self._children for line in leaks(child.output())]
        return found + leaked + self._server_log.deadlocks()

    def run(self, name: str, command: list[str], **settings: object) -> Child:
        """Start our Python with these arguments; its log gets that name."""
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "NOTIFICATIONS_DISPATCH_IN_SERVER": "0",
            **UNBUFFERED,
            **{key: str(value) for key, value in settings.items()},
        }
        log = self._folder / f"{len(self._children):02}-{name}.log"
        child = Child.of_python(command, log, environment)
        self._children.append(child)
        return child

    def _must_be_well(self) -> None:
        for child in self._children:
            if child.status not in _ORDERLY:
                raise AssertionError(child.report())


class _ServerLog:
    """What PostgreSQL's server writes from now on, where its log is at hand."""

    def __init__(self) -> None:
        name = os.environ.get("POSTGRESQL_LOG")
        self._path = Path(name) if name and connection.vendor == "postgresql" else None
        self._start = self._path.stat().st_size if self._path else 0

    def deadlocks(self) -> list[str]:
        if self._path is None:
            return []
        with self._path.open("rb") as file:
            file.seek(self._start)
            lines = file.read().decode("utf-8", "replace").splitlines()
        return [f"PostgreSQL: {line}" for line in lines if "deadlock detected" in line]
