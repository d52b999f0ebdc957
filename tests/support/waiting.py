"""Whether somebody waits for what this connection holds in its open transaction."""

from __future__ import annotations

from django.db import connection


def somebody_waits() -> bool:
    """On SQLite as soon as a transaction is open: whoever writes then waits for it."""
    if connection.vendor == "sqlite":
        return connection.in_atomic_block
    with connection.cursor() as cursor:
        # Not pg_stat_activity, which says the same all through a transaction.
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
