"""Emptying the tables after a test: what Django's ``flush`` does, in a small part of its time.

That one makes the files of all tables anew, and content types and permissions with them, which no
test changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, transaction

from notifications.models.epoch import create_single_rows

if TYPE_CHECKING:
    from django.db.models import Model

# From which size on a new file is cheaper than what deleted rows leave in the old one.
_LARGE_BYTES = 1024 * 1024


def empty_tables(*but: type[Model]) -> None:
    """Leave the database as it is after ``migrate``; of these models all rows stay."""
    kept = {model._meta.db_table for model in (ContentType, Permission, *but)}
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = sorted(set(names) - kept)
    quoted = [connection.ops.quote_name(name) for name in tables]
    statements = [f"DELETE FROM {name}" for name in quoted]
    if connection.vendor == "postgresql":
        if _are_large(tables):
            statements = connection.ops.sql_flush(no_style(), tables)
        # What was killed may still be about to commit.
        statements.insert(0, f"LOCK TABLE {', '.join(quoted)} IN ACCESS EXCLUSIVE MODE")
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    create_single_rows(using=connection.alias)


def _are_large(tables: list[str]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relname = ANY(%s)", [tables]
        )
        return bool(cursor.fetchone()[0] > _LARGE_BYTES)
