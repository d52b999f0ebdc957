"""What a test of `make test` does for a moment, and one of `make soak` for long."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.support.cluster import PING_INTERVAL_S
from tests.support.nemesis import pass_time
from tests.support.watchers import SSE, WEBSOCKET

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from tests.support.cluster import Cluster
    from tests.support.history import Outcome
    from tests.support.watchers import Watcher

# What a heartbeat may be late by, whatever the database does.
LATE_S = 1.0


def small_cluster(cluster: Cluster, transports: Sequence[str], server_count: int = 1) -> Cluster:
    """One user, and a client of hers over each of the transports, on each of the servers."""
    (user,) = cluster.add_users(1)
    cluster.start_servers(server_count)
    cluster.start_dispatcher()
    for number in range(server_count):
        for transport in transports:
            cluster.watch(user, transport, [number])
    cluster.wait_until_synced()
    return cluster


def pause_most_s(watchers: Sequence[Watcher], began_at: float) -> float:
    """The longest pause between two pings since then, on any of the streams."""
    now = time.monotonic()
    return max(max(watcher.pauses_s(began_at, now)) for watcher in watchers)


def hold_database(cluster: Cluster, held: AbstractContextManager[None], seconds: float) -> Outcome:
    """Send while nobody gets an answer from the database; what came of it in the end.

    Meanwhile every stream's pings come on time, and afterwards everything is as it should be.
    """
    small_cluster(cluster, [WEBSOCKET, SSE])
    (user,) = cluster.users
    with ThreadPoolExecutor(1) as executor:
        began_at = time.monotonic()
        with held:
            sending = executor.submit(cluster.send, user)
            pass_time(seconds)
            assert pause_most_s(cluster.watchers, began_at) < PING_INTERVAL_S + LATE_S
        outcome = sending.result()
    assert [watcher.ends for watcher in cluster.watchers] == [[], []]
    cluster.send(user)
    cluster.wait_for_quiet()
    assert cluster.faults() == []
    return outcome
