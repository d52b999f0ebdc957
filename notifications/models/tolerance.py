"""Lets a connection read what Django's would raise at: one bad value would cost all rows of a read.

SQLite keeps whatever it is given, and PostgreSQL knows moments that Python has no words for. What
cannot be read is NULL, or text with a mark in it; ``salvage.py`` says what is shown instead.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from functools import partial
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


class _FarMoments:
    """Before a loader: a moment after the year 9999, before the year 1, or infinity is None."""

    def load(self, data: Any) -> Any:
        from psycopg import DataError  # noqa: PLC0415 (SQLite does without)

        try:
            return super().load(data)  # type: ignore[misc]
        except DataError:
            return None


def _bear_with_far_moments(adapters: Any) -> None:
    from psycopg import postgres  # noqa: PLC0415
    from psycopg.pq import Format  # noqa: PLC0415

    oid = postgres.types["timestamptz"].oid
    django_loader: Any = adapters.get_loader(oid, Format.TEXT)
    # Connections share Django's adapters: what one has registered the next one finds.
    if not issubclass(django_loader, _FarMoments):
        adapters.register_loader(oid, type("FarMomentsLoader", (_FarMoments, django_loader), {}))
