"""Counts the statements that this process gives to the database, from here on. For /metrics."""

from __future__ import annotations

from typing import Any

from django.db.backends.signals import connection_created
from prometheus_client import Counter

queries = Counter("benchmark_queries", "Statements that this process gave to the database")


def watch() -> None:
    connection_created.connect(_watched)


def _watched(connection: Any, **_: Any) -> None:
    if _count not in connection.execute_wrappers:
        connection.execute_wrappers.append(_count)


def _count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
    queries.inc()
    return execute(sql, params, many, context)
