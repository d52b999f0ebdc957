"""Puts together what pushes in this process: the hub, the reconciler beside it, and presence."""

from __future__ import annotations

import asyncio

from django.db import connection

from notifications.process import metrics
from notifications.process.loop_lag import LoopLag
from notifications.push.hub import Hub
from notifications.push.presence import Presence
from notifications.push.reconcilers.base import Reconciler
from notifications.push.reconcilers.postgresql import PostgresqlReconciler

_current: dict[asyncio.AbstractEventLoop, Hub] = {}


def current() -> Hub:
    """The hub of the running event loop; the first call starts it and what goes with it."""
    loop = asyncio.get_running_loop()
    if loop not in _current:
        _current.clear()  # a loop that has ended is of no use any more
        hub = _current[loop] = Hub()
        hub.start()
        start_reconciler(hub)
        hub.keep("presence", Presence(hub).work)
        lag = LoopLag()
        hub.keep("the loop's lag", lag.work)
        metrics.event_loop_lag.follow(lag.worst_s)
        metrics.reconciler_lag.follow(hub.lag_s)
    return _current[loop]


def start_reconciler(hub: Hub) -> None:
    """Begin to compare the database with what this hub's streams have."""
    reconciler = _reconciler(hub)
    hub.poll_now, hub.lag_s = reconciler.poll_now, reconciler.lag_s
    reconciler.start()


def _reconciler(hub: Hub) -> Reconciler:
    if connection.vendor == "sqlite":
        from notifications.push.reconcilers.sqlite import SqliteReconciler  # noqa: PLC0415 (Linux's inotify)

        return SqliteReconciler(hub)
    return PostgresqlReconciler(hub)
