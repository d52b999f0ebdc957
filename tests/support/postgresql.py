"""Runs a private PostgreSQL server for tests, on a free port and in a folder of its own.

``python -m tests.support.postgresql -- COMMAND…`` runs COMMAND with DATABASE_URL naming a new
database on such a server, and POSTGRESQL_LOG naming the server's log.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

STARTUP_S = 60
SHUTDOWN_S = 30
PORT_TRIES = 5

_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    # No socket file: its path would have to be short and lie where both sides may enter.
    "unix_socket_directories": "",
    "max_connections": "200",
    # As on the disks that servers have: with the default, made for others, a thousand rows of a
    # hundred thousand are about as dear by an index as all of them.
    "random_page_cost": "1.1",
}


class PostgresqlError(Exception):
    """The server could not be found, made or started; the message holds its last words."""


@contextlib.contextmanager
def private_postgresql(log: Path | None = None, *, is_durable: bool = True) -> Iterator[str]:
    """Start a server, yield the URL of its database ``postgres``, stop it and remove its folder.

    Args: is_durable: whether it waits for the disk, as in production.

    The server writes its log to ``log``, by default into its folder. Meanwhile SIGTERM ends the
    program by SystemExit, so that the server is stopped then too.
    """
    binaries = find_binaries()
    with _sigterm_as_exit(), _server_folder() as folder:
        log = log or folder / "log"
        data = folder / "data"
        _initialize(binaries / "initdb", data, log)
        for _ in range(PORT_TRIES):
            port = free_port()
            options = _OPTIONS | ({} if is_durable else {"fsync": "off"})
            with _server(binaries / "postgres", data, port, log, options) as server:
                if _wait_until_ready(server, data):
                    yield f"postgres://postgres@127.0.0.1:{port}/postgres"
                    return
            # Somebody else may have taken the port in between.
            if "Address already in use" not in _tail(log):
                break
        raise PostgresqlError(f"PostgreSQL did not start:\n{_tail(log)}")


def create_database(url: str, name: str) -> str:
    """Create the database on the server of ``url``; return its own URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{url.rpartition('/')[0]}/{name}"


@contextlib.contextmanager
def frozen(url: str) -> Iterator[None]:
    """The server of ``url`` stopped with all its processes: it accepts and answers nothing."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SHOW data_directory").fetchone()
    assert found is not None
    first = (Path(found[0]) / "postmaster.pid").read_text("utf-8").split()[0]
    # The postmaster first, or it would start others.
    stopped = [int(first)]
    os.kill(stopped[0], signal.SIGSTOP)
    try:
        for pid in Path(f"/proc/{first}/task/{first}/children").read_text("utf-8").split():
            os.kill(int(pid), signal.SIGSTOP)
            stopped.append(int(pid))
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def complaints(log: Path) -> list[str]:
    """Lines of a server's log about deadlocks and about connections or servers that died."""
    pattern = re.compile(r"(FATAL|PANIC): |deadlock detected")
    return [line for line in log.read_text("utf-8").splitlines() if pattern.search(line)]


def find_binaries() -> Path:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if initdb := shutil.which("initdb"):
        # Not the link, since the server finds its other files from where its program lies.
        return Path(initdb).resolve().parent
    if not found:
        raise PostgresqlError("There is no PostgreSQL server here; `make test` installs it.")
    return max(found, key=lambda path: float(path.parent.name))


@contextlib.contextmanager
def _sigterm_as_exit() -> Iterator[None]:
    is_ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if not is_ours:
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        # A second one must not interrupt the cleaning up.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextlib.contextmanager
def _server_folder() -> Iterator[Path]:
    """A folder that the server's user owns and can reach."""
    places = [Path(tempfile.gettempdir())]
    if server_user():
        places = [p for p in (*places, Path("/tmp"), Path("/var/tmp")) if _anybody_may_enter(p)]
    if not places:
        raise PostgresqlError("There is no temporary folder that user postgres may enter.")
    with tempfile.TemporaryDirectory(prefix="notifications-postgresql-", dir=places[0]) as name:
        if owner := server_user():
            shutil.chown(name, owner, owner)
        yield Path(name)


def server_user() -> str | None:
    """The user that the server runs as; None for ourselves, which PostgreSQL refuses to root."""
    return "postgres" if os.geteuid() == 0 else None


def _anybody_may_enter(folder: Path) -> bool:
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def _spawn(command: Sequence[str | Path], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    owner = server_user()
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            # Nothing of the caller's PGDATA and the like; messages in English, for `complaints`.
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=owner,
            group=owner,
            extra_groups=[] if owner else None,
            # Ctrl-C is for whoever uses the server, which is stopped after them.
            start_new_session=True,
        )


def _initialize(initdb: Path, data: Path, log: Path) -> None:
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"]
    with _spawn([initdb, *options, f"--pgdata={data}"], data.parent, log) as process:
        try:
            status = process.wait(STARTUP_S)
        except BaseException:
            process.kill()
            raise
    if status != 0:
        raise PostgresqlError(f"initdb failed:\n{_tail(log)}")


@contextlib.contextmanager
def _server(
    postgres: Path, data: Path, port: int, log: Path, options: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    given = [f"--{name}={value}" for name, value in options.items()]
    process = _spawn([postgres, *given, f"--port={port}", f"-D{data}"], data.parent, log)
    try:
        yield process
    finally:
        # First the fast shutdown, which ends connections, then the one without a checkpoint.
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SHUTDOWN_S)
                break


def _wait_until_ready(server: subprocess.Popen[bytes], data: Path) -> bool:
    """Wait until the server accepts connections; False where it ended instead.

    The server says so in its own file. A connection could reach another one on the same port.
    """
    deadline = time.monotonic() + STARTUP_S
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(FileNotFoundError):
            lines = (data / "postmaster.pid").read_text("utf-8").splitlines()
            if lines[0:1] == [str(server.pid)] and lines[-1].strip() == "ready":
                return True
        time.sleep(0.05)
    return False


def _tail(log: Path) -> str:
    return "\n".join(log.read_text("utf-8").splitlines()[-20:])


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    with subprocess.Popen(command, env=environment) as process:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            # The terminal has sent it to the command as well, which may have to clean up.
            status = process.wait()
        except BaseException:
            process.terminate()
            raise
    return status if status >= 0 else 128 - status


def main(arguments: Sequence[str]) -> int:
    separator, *command = arguments or ("",)
    if separator != "--" or not command:
        print("usage: python -m tests.support.postgresql -- COMMAND...", file=sys.stderr)
        return 2
    try:
        with tempfile.TemporaryDirectory(prefix="notifications-log-") as folder:
            log = Path(folder) / "postgresql.log"
            # What empties the tables after a test would wait for the disk once for each of them.
            with private_postgresql(log, is_durable=False) as url:
                database = create_database(url, "notifications")
                status = _run(
                    command,
                    {**os.environ, "DATABASE_URL": database, "POSTGRESQL_LOG": str(log)},
                )
            for line in complaints(log)[-20:] if status != 0 else []:
                print(line, file=sys.stderr)
            return status
    except PostgresqlError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
