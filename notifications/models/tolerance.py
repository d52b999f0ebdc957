"""Lets a connection read what Django's would raise at: one bad value would cost all rows of a read.

SQLite keeps whatever it is given, and PostgreSQL knows moments that Python has no words for. What
cannot be read is NULL, or text with a mark in it; ``salvage.py`` says what is shown instead.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from functools import cache, partial
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime


class JsonField(models.JSONField):
    """Django's, but what is no JSON comes out as it is stored: SQLite may hold a number there."""

    def from_db_value(self, value: Any, *arguments: Any) -> Any:
        try:
            return super().from_db_value(value, *arguments)
        except (TypeError, ValueError, RecursionError):
            return value


def read_anything(connection: Any, **_kwargs: Any) -> None:
    """Receives ``connection_created``."""
    if connection.vendor == "sqlite":
        connection.connection.text_factory = partial(str, encoding="utf-8", errors="replace")
        # Django's own raises, for all connections alike.
        sqlite3.register_converter("datetime", _moment_or_none)
    elif connection.vendor == "postgresql":
        _bear_with_far_moments(connection.connection.adapters)


def _moment_or_none(stored: bytes) -> datetime | None:
    try:
        return parse_datetime(stored.decode())
    except (ValueError, OverflowError):
        return None


def _bear_with_far_moments(adapters: Any) -> None:
    """A moment after the year 9999, before the year 1, or infinity is None."""
    from psycopg import postgres  # noqa: PLC0415 (SQLite does without)
    from psycopg.pq import Format  # noqa: PLC0415

    oid = postgres.types["timestamptz"].oid
    loader: Any = adapters.get_loader(oid, Format.TEXT)
    # Of a pool Django says that a connection is there each time that it is taken.
    if not getattr(loader, "bears_with_far_moments", False):
        adapters.register_loader(oid, _bearing(loader))


@cache
def _bearing(loader: Any) -> Any:
    """A loader like that one; making a class for each connection would take a millisecond."""
    from psycopg import DataError  # noqa: PLC0415 (as above)

    class Loader(loader):  # type: ignore[misc]
        bears_with_far_moments = True

        def load(self, data: Any) -> Any:
            try:
                return super().load(data)
            except DataError:
                return None

    return Loader
