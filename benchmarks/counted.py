"""The project's ASGI application, with what its process does counted: statements given to the
database, and messages that came for its streams from other processes. For /metrics.
"""

from __future__ import annotations

from typing import Any

from prometheus_client import Counter

from benchmarks import counted_queries
from config import asgi
from notifications.push.hub import Hub

messages = Counter("benchmark_messages", "What channel layer or NOTIFY has brought for streams")

application = asgi.application
_deliver = Hub.deliver


async def _counted(hub: Hub, event: Any) -> None:
    messages.inc()
    await _deliver(hub, event)


Hub.deliver = _counted  # type: ignore[method-assign]
counted_queries.watch()
