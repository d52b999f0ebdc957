"""What is counted in this process: everything that has a name, in one place.

docs/reference/metrics.md says of each what it means. A label is a word of ours, never a user's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from notifications.process import extras
from notifications.process.counting import Collector, Figure, Histogram

_all: list[Figure | Histogram] = []
_lock = threading.Lock()
_is_told = False


def _figure(kind: str, name: str, meaning: str, labels: Sequence[str]) -> Figure:
    figure = Figure(kind, name, meaning, labels)
    _all.append(figure)
    return figure


def _counter(name: str, meaning: str, labels: Sequence[str] = ()) -> Figure:
    return _figure("counter", name, meaning, labels)


def _gauge(name: str, meaning: str, labels: Sequence[str] = ()) -> Figure:
    return _figure("gauge", name, meaning, labels)


def _histogram(name: str, meaning: str) -> Histogram:
    histogram = Histogram(name, meaning)
    _all.append(histogram)
    return histogram


def declared() -> Sequence[Figure | Histogram]:
    """All that there are."""
    return tuple(_all)


def declare() -> None:
    """Let Prometheus's registry ask for them, where that library is installed."""
    global _is_told  # noqa: PLW0603 (a name is registered once)
    with _lock:
        if not _is_told and extras.is_there("prometheus_client"):
            # Only now: a command that nobody asks need not wait for it.
            from prometheus_client import REGISTRY  # noqa: PLC0415

            REGISTRY.register(Collector(_all))
            _is_told = True


def readings() -> dict[str, Any]:
    """All that was counted here so far, by name; of a histogram its buckets.

    Of what has labels each stands by itself: ``name{value}``.
    """
    said: dict[str, Any] = {}
    for metric in _all:
        if isinstance(metric, Histogram):
            said[metric.name] = metric.read()[0]
            continue
        for values, figure in metric.samples():
            said[f"{metric.name}{{{','.join(values)}}}" if values else metric.name] = figure
    return said


@contextmanager
def timed(histogram: Histogram) -> Iterator[None]:
    """Observe how long what is done here takes; what fails is not observed."""
    began = monotonic()
    yield
    histogram.observe(monotonic() - began)


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
wakes_sent = _counter("notifications_wakes_sent", "How often PostgreSQL was told (NOTIFY)")
wakes_lost = _counter("notifications_wakes_lost", "How often it could not be told")
wakes_heard = _counter("notifications_wakes_heard", "How often it has told of other processes")
looks = _counter("notifications_looks", "How often that was a reason to look into the database")
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
    "notifications_connections_refused", "Connections that were not let in, by why", ["cause"]
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

# --- How long it takes ----------------------------------------------------------------------------

commit_to_sent = _histogram(
    "notifications_commit_to_sent_seconds",
    "From a chunk's commit until all streams here were sent what it brought",
)
commit_to_acknowledged = _histogram(
    "notifications_commit_to_acknowledged_seconds",
    "From a notification's arrival in an inbox until a client said that it holds it",
)
catch_up = _histogram(
    "notifications_catch_up_seconds", "Reading what streams have missed, many by one statement"
)
handshake = _histogram(
    "notifications_handshake_seconds", "From a handshake or request until its stream has begun"
)
dispatch_chunk = _histogram(
    "notifications_dispatch_chunk_seconds", "A chunk of a dispatch, edit or removal"
)

# --- How it is ------------------------------------------------------------------------------------

event_loop_lag = _gauge(
    "notifications_event_loop_lag_seconds", "How late the event loop was, at worst of late"
)
reconciler_lag = _gauge(
    "notifications_reconciler_lag_seconds", "Since the database was last looked into"
)
draining = _gauge("notifications_draining", "Whether this process is about to end")
backlog = _gauge(
    "notifications_dispatch_backlog", "Inboxes that what is being sent has not reached yet"
)
scheduled = _gauge("notifications_scheduled", "Notifications that wait for their time")
dashboards_open = _gauge("notifications_dashboards_open", "Pages that watch the live dashboard")
online_users = _gauge("notifications_online_users", "Users with a stream open, in any process")

# --- What has happened ----------------------------------------------------------------------------

items = _counter(
    "notifications_items", "Notifications in inboxes that came so far, by this process", ["step"]
)
streams_opened = _counter(
    "notifications_streams_opened", "Streams that began, new or with a cursor", ["transport", "how"]
)
streams_ended = _counter("notifications_streams_ended", "Streams that ended, by why", ["cause"])
database_failures = _counter(
    "notifications_database_failures", "What the database has let down, once each"
)
dispatch_failures = _counter(
    "notifications_dispatch_failures", "Tries of a chunk that failed, and were made again"
)
