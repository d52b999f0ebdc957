"""What is counted in this process.

Prometheus's library is loaded by whoever first counts or is asked: a command that does neither
need not wait for it. Where it is not installed nothing is counted.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self, cast

from notifications.process import extras

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge


class _Declared:
    """A metric that is made when something is asked of it."""

    def __init__(self, kind: str, name: str, meaning: str, labels: Sequence[str]) -> None:
        self._declaration = kind, name, meaning, labels
        self._lock = threading.Lock()
        self._made: Any = None
        _all.append(self)

    def made(self) -> Any:
        """Prometheus's own."""
        with self._lock:  # a name is registered once
            if self._made is None:
                kind, *what = self._declaration
                if extras.is_there("prometheus_client"):
                    import prometheus_client  # noqa: PLC0415 (see above)

                    self._made = getattr(prometheus_client, kind)(*what)
                else:
                    self._made = _Uncounted()
        return self._made

    def __getattr__(self, name: str) -> Any:
        return getattr(self.made(), name)


class _Uncounted:
    """Stands for a metric of whatever kind, and forgets what it is told."""

    def labels(self, *_values: object, **_named: object) -> Self:
        return self

    def inc(self, _amount: float = 1) -> None:
        """One more, or some."""

    dec = set = inc


_all: list[_Declared] = []


def _counter(name: str, meaning: str, labels: Sequence[str] = ()) -> Counter:
    return cast("Counter", _Declared("Counter", name, meaning, labels))


def _gauge(name: str, meaning: str, labels: Sequence[str] = ()) -> Gauge:
    return cast("Gauge", _Declared("Gauge", name, meaning, labels))


def declare() -> None:
    """Make all of them, so that what was never counted is told as 0."""
    for metric in _all:
        metric.made()


hints_sent = _counter("notifications_hints_sent", "Hints given to the channel layer")
hints_lost = _counter("notifications_hints_lost", "Hints that the channel layer did not take")
hints_refused = _counter(
    "notifications_hints_refused", "Hints that another installation, or nobody, has sealed"
)
hints_healed = _counter(
    "notifications_hints_healed", "Streams that the database told of a change before a hint did"
)
listening = _gauge(
    "notifications_listening", "Whether PostgreSQL tells this process what others commit (LISTEN)"
)
wakes_sent = _counter("notifications_wakes_sent", "How often PostgreSQL was told to (NOTIFY)")
wakes_lost = _counter("notifications_wakes_lost", "How often it could not be told to")
wakes_heard = _counter("notifications_wakes_heard", "How often it has told of other processes")
looks = _counter("notifications_looks", "How often that was the reason to look into the database")
bugs = _counter("notifications_bugs", "Errors that nobody expected, by where", ["place"])
questions = _counter(
    "notifications_socket_questions", "Logins and inboxes that connections asked the database for"
)
questions_dropped = _counter(
    "notifications_socket_questions_dropped",
    "Those that it was not asked: whoever waited had given up",
)
batches = _counter("notifications_socket_batches", "How often it was asked: many at once", ["what"])
requests_open = _gauge("notifications_http_requests_open", "HTTP requests under way, streams too")
streams_open = _gauge("notifications_streams_open", "Open streams", ["transport"])
connections_refused = _counter(
    "notifications_connections_refused", "Connections that were one too many", ["limit"]
)
requests_refused = _counter(
    "notifications_http_requests_refused", "HTTP requests that were too many at once", ["limit"]
)
floods_ended = _counter(
    "notifications_floods_ended", "Sockets closed since they sent too many frames", ["frames"]
)
bodies_refused = _counter(
    "notifications_bodies_refused", "Requests refused for what their bodies take", ["status"]
)
streams_signed_out = _counter(
    "notifications_streams_signed_out", "Streams ended since what opened them is good no longer"
)
