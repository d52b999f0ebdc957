"""The project's ASGI application, with what its process does counted: statements given to the
database, and messages that came for its streams from other processes. For /metrics.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.signals import connection_created
from prometheus_client import Counter

from config import asgi
from notifications.push.hub import Hub

queries = Counter("benchmark_queries", "Statements that this process gave to the database")
messages = Counter("benchmark_messages", "What channel layer or NOTIFY has brought for streams")

application = asgi.application
_deliver = Hub.deliver


async def _counted(hub: Hub, event: Any) -> None:
    messages.inc()
    await _deliver(hub, event)


def _count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
    queries.inc()
    return execute(sql, params, many, context)


def _watch(connection: Any, **_: Any) -> None:
    if _count not in connection.execute_wrappers:
        connection.execute_wrappers.append(_count)


Hub.deliver = _counted  # type: ignore[method-assign]
connection_created.connect(_watch)
