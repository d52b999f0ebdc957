"""Transactions of ours: on SQLite they begin with the lock to write, whatever the settings say."""

from __future__ import annotations

from django.db.transaction import Atomic, get_connection

# SQLite's own, where the settings name none: the first statement that writes takes the lock.
_DEFERRED = "DEFERRED"


class _WritingFirst(Atomic):
    """Django's, but for how SQLite begins it."""

    def __enter__(self) -> None:
        connection = get_connection(self.using)
        if connection.vendor != "sqlite" or connection.in_atomic_block:
            super().__enter__()
            return
        # What its settings say is read when it connects.
        connection.ensure_connection()
        mode = connection.transaction_mode
        if (mode or _DEFERRED) == _DEFERRED:
            connection.transaction_mode = "IMMEDIATE"
        try:
            super().__enter__()
        finally:
            connection.transaction_mode = mode


def atomic(using: str | None = None, *, savepoint: bool = True) -> Atomic:
    """``django.db.transaction.atomic``, for what reads and then writes.

    On SQLite a transaction that Django's default begins, deferred, fails at once when it wants to
    write and somebody has written since it first read: "database is locked", however long the
    ``timeout`` (SQLite's page on isolation). This one waits for its turn before it reads. Within a
    transaction that is open already it is a savepoint, and that one is as the project began it.
    """
    return _WritingFirst(using, savepoint, durable=False)
