"""What may happen to a PostgreSQL server: the private one that Django's connection is to."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from django.db import connection

from tests.support.own_database import forget_connection
from tests.support.postgresql import find_binaries, server_user
from tests.support.processes import database_url, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import LiteralString, Self

STARTUP_S = 60
_IS_WAITING = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event = 'SyncRep'"
_LISTENS = "application_name = 'notifications LISTEN'"
_TERMINATE = (
    "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> %s"
)
# Until the process is gone, and what it has open; no longer for one that is frozen.
_WAIT = "SELECT pg_terminate_backend(pid, 10000) FROM unnest(%s::int[]) AS pid"


class PostgresqlFaults:
    """Restarts, stops and freezes it; leaving the context stops a server that was started here."""

    def __init__(self) -> None:
        with psycopg.connect(database_url()) as opened:
            row = opened.execute("SHOW data_directory").fetchone()
        assert row is not None
        self._data = Path(row[0])
        self._is_ours = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        # Whoever started the first one looks after that alone.
        if self._is_ours:
            self._control("stop", "-m", "immediate")

    def terminate_backends(self) -> int:
        """End all connections but ours; how many there were."""
        return self._terminate("true")

    def terminate_listeners(self) -> int:
        """End the connections by which processes listen; how many there were."""
        return self._terminate(_LISTENS)

    @contextlib.contextmanager
    def frozen_listeners(self) -> Iterator[None]:
        """Nothing comes by the connections on which processes listen, and nobody says so."""
        with psycopg.connect(database_url(), autocommit=True) as opened:
            pids = opened.execute(f"SELECT pid FROM pg_stat_activity WHERE {_LISTENS}").fetchall()
        for (pid,) in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for (pid,) in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def restart_at_once(self) -> None:
        """As after a crash: nothing is written down before, and everybody is cut off."""
        with self.stopped():
            pass

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        # Each in quotes, after the program: what it was started with.
        _, _, options = (self._data / "postmaster.opts").read_text("utf-8").strip().partition(" ")
        self._control("stop", "-m", "immediate")
        try:
            yield
        finally:
            log = str(self._data.parent / "log-of-another-start")
            self._control("start", "-o", options, "-l", log)
            self._is_ours = True
            forget_connection()

    @contextlib.contextmanager
    def committing_for_ever(self) -> Iterator[None]:
        """Commits are durable, and are not told: they wait for a standby that does not exist."""
        self._configure("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try:
            until(_a_commit_waits, "commits wait")
            yield
        finally:
            self._configure("ALTER SYSTEM RESET synchronous_standby_names")

    def terminate_committing(self) -> int:
        """End the connections that wait so; how many there were."""
        return self._terminate("wait_event = 'SyncRep'")

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """The kernel accepts connections for it, and nobody answers."""
        pids = self._pids()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            # The children first: it would take one that stands still for one that hangs.
            for pid in reversed(pids):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @staticmethod
    def _terminate(which: LiteralString) -> int:
        with psycopg.connect(database_url(), autocommit=True) as opened:
            ended = opened.execute(f"{_TERMINATE} AND {which}", [opened.info.backend_pid])
            pids = [pid for pid, _ in ended.fetchall()]
            opened.execute(_WAIT, [pids])
            return len(pids)

    @staticmethod
    def _configure(how: LiteralString) -> None:
        with psycopg.connect(database_url(), autocommit=True) as opened:
            opened.execute(how)
            opened.execute("SELECT pg_reload_conf()")

    def _pids(self) -> list[int]:
        """The postmaster, then its children."""
        postmaster = int((self._data / "postmaster.pid").read_text("utf-8").split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text("utf-8")
        return [postmaster, *map(int, children.split())]

    def _control(self, act: str, *arguments: str) -> None:
        user = server_user()
        subprocess.run(
            [find_binaries() / "pg_ctl", act, "-w", "-s", "-D", str(self._data), *arguments],
            check=True,
            cwd=self._data.parent,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            timeout=STARTUP_S,
        )


def dump(path: Path) -> None:
    """A backup, made while all may write."""
    _run("pg_dump", "--format=custom", f"--file={path}", database_url())


def restore(path: Path) -> None:
    """Put it back, in one transaction, while processes are connected."""
    forget_connection()
    url = f"--dbname={database_url()}"
    _run("pg_restore", "--clean", "--if-exists", "--single-transaction", url, str(path))


def _run(program: str, *arguments: str) -> None:
    subprocess.run([find_binaries() / program, *arguments], check=True, timeout=STARTUP_S)


def is_reachable() -> bool:
    try:
        with psycopg.connect(database_url(), connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def wait_until_reachable() -> None:
    until(is_reachable, "PostgreSQL answers", within_s=STARTUP_S)
    connection.close()


def _a_commit_waits() -> bool:
    """Whether the server has taken the setting in: its processes do so one after the other."""
    with psycopg.connect(database_url(), autocommit=True) as probe, ThreadPoolExecutor(1) as beside:
        pid = probe.info.backend_pid
        committed = beside.submit(_commit, probe)
        while not committed.done():
            with psycopg.connect(database_url(), autocommit=True) as opened:
                if opened.execute(_IS_WAITING, [pid]).fetchone():
                    opened.execute("SELECT pg_terminate_backend(%s)", [pid])
                    return True
        return False


def _commit(connection: psycopg.Connection) -> None:
    with contextlib.suppress(psycopg.OperationalError):  # it was terminated
        connection.execute("SELECT pg_logical_emit_message(true, 'tests', 'a commit')")
