"""Whether the database is one that we can work with: it keeps UTF-8, and it can be written to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

_ENCODING = "UTF8"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with it: in a word or two, in a sentence, and what to do."""

    word: str
    text: str
    hint: str


def fault() -> Fault | None:
    """What is wrong with the default database, if anything is.

    Raises: DatabaseError, InterfaceError: it does not answer.
    """
    return _fault_of_files() if connection.vendor == "sqlite" else _fault_of_server()


def _fault_of_files() -> Fault | None:
    """Without taking the write lock, for which whoever asks would have to wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    file = Path(connection.settings_dict["NAME"])
    # The folder too: the write-ahead log comes and goes in it.
    for path in (file.parent, file, *(Path(f"{file}{end}") for end in ("-wal", "-shm"))):
        if path.exists() and not os.access(path, os.W_OK):
            text = f"{path} cannot be written to: nothing can be sent, and nobody can sign in."
            hint = "Let the user that this process runs as write to the database's file and folder."
            return Fault("read-only", text, hint)
    return None


def _fault_of_server() -> Fault | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_encoding'), current_setting('transaction_read_only'), "
            "pg_is_in_recovery()"
        )
        encoding, is_read_only, is_standby = cursor.fetchone()
    name = connection.settings_dict["NAME"]
    if encoding != _ENCODING:
        return Fault(
            "not UTF-8",
            f"The database {name!r} keeps text as {encoding}, not as UTF-8: what is no longer than "
            "it may be would be refused or cut.",
            "Make another: createdb --encoding=UTF8 --template=template0.",
        )
    if is_read_only == "on":
        why = "its server is a standby" if is_standby else "default_transaction_read_only is on"
        return Fault(
            "read-only",
            f"The database {name!r} cannot be written to ({why}): nothing can be sent, and nobody "
            "can sign in.",
            "Let DATABASE_URL lead to the primary server, or let the role write.",
        )
    return None
