"""The database: what loses commits, or takes SQLite's write lock for nothing."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, InterfaceError, connections

from notifications.conf import conf
from notifications.models import soundness
from notifications.process import outages
from notifications.push import notifier

# What the names of engines end in; ours for PostgreSQL is built on Django's.
SQLITE, POSTGRESQL = "sqlite3", "postgresql"
# As SQLite names the module that has it.
FULL_TEXT = "fts5"
# As Django names the one that it makes for a project's tests.
_OF_TESTS = "file:memorydb_"
MOUNTS = Path("/proc/self/mounts")
# File systems whose files other machines have open too: WAL needs memory that all writers share.
_NETWORK = {"9p", "afs", "ceph", "cifs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3"}


def _database() -> dict[str, Any]:
    database: dict[str, Any] = settings.DATABASES["default"]
    return database


def _is(engine: str) -> bool:
    return bool(_database()["ENGINE"].rpartition(".")[2] == engine)


@checks.register()
def engine(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Some statements are SQL of our own, in two dialects."""
    if _is(SQLITE) or _is(POSTGRESQL):
        return []
    engine = _database()["ENGINE"]
    hint = "Let DATABASE_URL begin with sqlite: or postgres:."
    return [
        checks.Error(f"The database engine {engine!r} is not known.", hint, id="notifications.E004")
    ]


@checks.register(deploy=True)
def pages_that_hold_the_lock(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Pages of the project that only read would keep alerts from being sent."""
    if not _is(SQLITE) or not _database().get("ATOMIC_REQUESTS") or _mode() == "DEFERRED":
        return []
    return [
        checks.Warning(
            f"ATOMIC_REQUESTS is on, and SQLite's transactions are {_mode()}: each page of the "
            "project holds the one lock to write for as long as it takes. The app's own do not.",
            hint="Take it out, or use PostgreSQL.",
            id="notifications.W019",
        )
    ]


@checks.register()
def database_in_memory(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Neither another process nor another thread would see what one writes."""
    name = str(_database().get("NAME") or "")
    if name.startswith(_OF_TESTS):
        return []
    if not _is(SQLITE) or not (":memory:" in name or "mode=memory" in name or not name):
        return []
    return [
        checks.Error(
            "The database is in memory: other processes do not see it, and it ends with its own.",
            hint="Let DATABASE_URL name a file.",
            id="notifications.E007",
        )
    ]


@checks.register()
def deferred_transactions(**_kwargs: Any) -> list[checks.CheckMessage]:
    """A deferred transaction that reads and then writes fails at once, whatever the timeout.

    Those that the app begins do not; one of the project's, in which it sends, is the project's.
    """
    mode = _mode()
    if not _is(SQLITE) or mode in {"IMMEDIATE", "EXCLUSIVE"}:
        return []
    return [
        checks.Warning(
            f"SQLite's transactions are {mode}: one of the project's that reads and then writes or "
            'sends fails with "database is locked" when another writer was faster. The app\'s own '
            "do not.",
            hint="Set OPTIONS['transaction_mode'] to 'IMMEDIATE'.",
            id="notifications.W016",
        )
    ]


@checks.register()
def no_full_text(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Without its index a search works, and reads much more."""
    if not _is(SQLITE) or _has_module(FULL_TEXT):
        return []
    return [
        checks.Warning(
            "SQLite was built without FTS5 here: each search reads the text of all items, and in a "
            "database that was migrated elsewhere, with FTS5, nothing can be sent.",
            hint="Use a Python whose SQLite has it, or PostgreSQL; then migrate notifications back "
            "to 0001 and forward again.",
            id="notifications.W026",
        )
    ]


def _has_module(name: str) -> bool:
    # Of the library: the database need not be there yet.
    with closing(sqlite3.connect(":memory:")) as connection:
        found = connection.execute("SELECT 1 FROM pragma_module_list WHERE name = ?", [name])
        return found.fetchone() is not None


@checks.register(deploy=True)
def no_write_ahead_log(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Without it whoever reads holds up whoever writes."""
    if not _is(SQLITE) or _pragma("journal_mode") == "wal":
        return []
    return [
        checks.Warning(
            "SQLite keeps no write-ahead log: readers and writers wait for each other.",
            hint="Put 'PRAGMA journal_mode=WAL;' into OPTIONS['init_command'].",
            id="notifications.W003",
        )
    ]


@checks.register(deploy=True)
def commits_that_may_be_lost(**_kwargs: Any) -> list[checks.CheckMessage]:
    """With less, a power cut may take the last commits, whose senders were told it is kept."""
    if not _is(SQLITE) or _pragma("synchronous") in {"full", "extra", "2", "3"}:
        return []
    return [
        checks.Warning(
            "SQLite does not wait for the disk: a power cut may lose what was acknowledged.",
            hint="Put 'PRAGMA synchronous=FULL;' into OPTIONS['init_command'].",
            id="notifications.W004",
        )
    ]


@checks.register(deploy=True)
def database_on_a_network(**_kwargs: Any) -> list[checks.CheckMessage]:
    """SQLite's write-ahead log works among processes of one machine only."""
    if not _is(SQLITE):
        return []
    kind = file_system_of(Path(_database()["NAME"]))
    if kind not in _NETWORK and not kind.startswith("fuse.ssh"):
        return []
    return [
        checks.Warning(
            f"The database file is on a network file system ({kind}), where SQLite's locks and "
            "its write-ahead log do not hold.",
            hint="Keep it on a local disk, or use PostgreSQL.",
            id="notifications.W005",
        )
    ]


@checks.register(deploy=True)
def pool_too_small(**_kwargs: Any) -> list[checks.CheckMessage]:
    """The sockets' threads could hold every connection, and pages would wait for one."""
    pool = _options().get("pool")
    if not _is(POSTGRESQL) or not isinstance(pool, dict):
        return []
    size, threads = pool.get("max_size", 4), conf.DATABASE_THREADS
    if threads < size:
        return []
    return [
        checks.Warning(
            f"NOTIFICATIONS_DATABASE_THREADS ({threads}) may take all {size} connections of the "
            "pool, and leave none to pages, the API and the dispatcher.",
            hint="Make DATABASE_POOL_SIZE larger by some.",
            id="notifications.W006",
        )
    ]


def _is_asked(databases: Sequence[str] | None) -> bool:
    """Whether the default database is to be asked: by ``migrate``, and ``check --database``."""
    return "default" in (databases or ())


@checks.register(checks.Tags.database)
def unusable_database(
    *, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[checks.CheckMessage]:
    """It does not answer, its text is not UTF-8, or it cannot be written to."""
    if not _is_asked(databases):
        return []
    try:
        fault = soundness.fault()
    except (DatabaseError, InterfaceError) as error:
        hint = "Let DATABASE_URL lead to a server that runs."
        text = f"The database does not answer: {outages.reason(error)}"
        return [checks.Error(text, hint, id="notifications.E009")]
    if fault is None:
        return []
    if fault.word == "not UTF-8":
        return [checks.Error(fault.text, fault.hint, id="notifications.E012")]
    return [checks.Error(fault.text, fault.hint, id="notifications.E013")]


@checks.register(checks.Tags.database, deploy=True)
def too_few_connections(
    *, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[checks.CheckMessage]:
    """All pools together must fit the server. Asks it, so only with ``check --database``."""
    pool = _options().get("pool")
    if not _is_asked(databases) or not _is(POSTGRESQL) or not isinstance(pool, dict):
        return []
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SHOW max_connections")
            most = int(cursor.fetchone()[0])
    except (DatabaseError, InterfaceError):
        return []  # which E009 tells of
    size = pool.get("max_size", 4)
    # One pool more, that of the dispatcher; and each process listens and notifies.
    wanted = (conf.SERVER_PROCESSES + 1) * (size + (2 if notifier.is_wanted() else 0))
    if wanted < most:
        return []
    return [
        checks.Warning(
            f"{conf.SERVER_PROCESSES} server processes and a dispatcher may open {wanted} "
            f"connections, and the server takes {most}.",
            hint="Make DATABASE_POOL_SIZE smaller, or max_connections of PostgreSQL larger.",
            id="notifications.W007",
        )
    ]


def file_system_of(path: Path) -> str:
    """The kind of file system that a path lies on; "" where the kernel does not tell."""
    try:
        lines = MOUNTS.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    place, best = path.resolve(), ("", "")
    for fields in (line.split() for line in lines):
        point = fields[1].replace("\\040", " ")
        if place.is_relative_to(point) and len(point) >= len(best[0]):
            best = (point, fields[2])
    return best[1]


def _options() -> dict[str, Any]:
    options: dict[str, Any] = _database().get("OPTIONS") or {}
    return options


def _mode() -> str:
    """How SQLite's transactions begin."""
    return str(_options().get("transaction_mode") or "DEFERRED").upper()


def _pragma(name: str) -> str:
    """What a connection sets when it opens, in lower case."""
    command = str(_options().get("init_command") or "").lower()
    values = re.findall(rf"pragma\s+{name}\s*=\s*(\w+)", command)
    return values[-1] if values else ""
