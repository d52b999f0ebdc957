"""A database that one module of tests has for itself, and may break.

Meanwhile Django's default connection, here and in the children that are started, is to it.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.core.management import call_command
from django.db import connection

from tests.support.postgresql import create_database, private_postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def own_database(folder: Path) -> Iterator[None]:
    """A migrated database in that folder: a file, or a PostgreSQL server."""
    if connection.vendor == "sqlite":
        with _connected_to(NAME=str(folder / "own.sqlite3")):
            yield
        return
    with private_postgresql(folder / "postgresql.log") as url:
        parts = urlsplit(create_database(url, "own"))
        with _connected_to(
            NAME=parts.path[1:], HOST=parts.hostname, PORT=str(parts.port), USER=parts.username,
            PASSWORD="",
        ):  # fmt: skip
            yield


@contextlib.contextmanager
def _connected_to(**settings: object) -> Iterator[None]:
    before = dict(connection.settings_dict)
    forget_connection()
    connection.settings_dict.update(settings)
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        forget_connection()
        connection.settings_dict.update(before)


def forget_connection() -> None:
    """Begin with a new connection: the server may have gone from the one that there was."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()


# --- SQLite ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def write_lock() -> Iterator[None]:
    """Hold SQLite's write lock, as another process may that writes for long."""
    with contextlib.closing(_open()) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


def back_up_file(path: Path) -> None:
    """As the documentation says: by SQLite's own copying, while all may write."""
    with contextlib.closing(_open()) as live, contextlib.closing(sqlite3.connect(path)) as copy:
        live.backup(copy)


def restore_file(path: Path) -> None:
    """Put a copy back while processes have the database open."""
    with contextlib.closing(_open()) as live, contextlib.closing(sqlite3.connect(path)) as copy:
        copy.backup(live)


def replace_file(path: Path) -> None:
    """Put a copy in the place of the database, while no process has it open."""
    forget_connection()
    name = str(connection.settings_dict["NAME"])
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            (path.parent / f"{name}{suffix}").unlink()
    shutil.copyfile(path, name)


def integrity() -> str:
    """SQLite's own verdict: "ok"."""
    with contextlib.closing(_open()) as opened:
        return str(opened.execute("PRAGMA integrity_check").fetchone()[0])


def _open() -> sqlite3.Connection:
    # As long as any lock here may be held.
    return sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, timeout=60)
