"""Inboxes whose ids begin far away from those of users: who takes one for the other finds nothing.

In every database that a process of the tests migrates or flushes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connections
from django.db.models.signals import post_migrate

from notifications.models import Inbox

if TYPE_CHECKING:
    from django.apps import AppConfig

FIRST = 1_000_001


def begin_far_away() -> None:
    """From now on."""
    post_migrate.connect(_move, dispatch_uid="far_ids")


def _move(sender: AppConfig, using: str, **_: object) -> None:
    database, table = connections[using], Inbox._meta.db_table
    if sender.name != "notifications" or table not in database.introspection.table_names():
        return
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            sequence = "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)"
            cursor.execute(sequence, [table, FIRST])
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            # The last one that was given.
            cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, %s)", [table, FIRST - 1])
