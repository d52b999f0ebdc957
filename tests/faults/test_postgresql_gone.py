"""PostgreSQL ends connections, or restarts: streams stay, and no process need start anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.scenarios import small_cluster
from tests.support.history import Outcome
from tests.support.own_database import forget_connection
from tests.support.watchers import TRANSPORTS

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster
    from tests.support.cluster import Cluster

# More than one process keeps open.
SENDS = 12


@pytest.fixture
def cluster(start_cluster: StartCluster) -> Cluster:
    return small_cluster(start_cluster(), TRANSPORTS)


def all_is_well(cluster: Cluster) -> None:
    """The very first send works again, and everybody hears of all that were acknowledged."""
    (user,) = cluster.users
    assert [cluster.send(user) for _ in range(SENDS)] == [Outcome.ACKNOWLEDGED] * SENDS
    cluster.wait_for_quiet()
    for watcher in cluster.watchers:
        if watcher.transport != "poll":  # a poll may be answered with 503
            assert watcher.ends == [], watcher
    assert cluster.faults() == []


def test_it_ends_all_connections(cluster: Cluster) -> None:
    assert cluster.postgresql is not None
    (user,) = cluster.users
    assert cluster.send(user) == Outcome.ACKNOWLEDGED
    assert cluster.postgresql.terminate_backends() > 0
    forget_connection()

    all_is_well(cluster)


def test_it_restarts_at_once(cluster: Cluster) -> None:
    assert cluster.postgresql is not None
    (user,) = cluster.users
    assert cluster.send(user) == Outcome.ACKNOWLEDGED
    cluster.postgresql.restart_at_once()

    all_is_well(cluster)
