"""PostgreSQL is away for ten seconds, under load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.scenarios import small_cluster
from tests.support.nemesis import Nemesis, stop_postgresql
from tests.support.own_database import forget_connection
from tests.support.watchers import TRANSPORTS

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster

AWAY_S = 10


def test_it_is_away_for_long(start_cluster: StartCluster) -> None:
    cluster = small_cluster(start_cluster(with_redis=True), TRANSPORTS, server_count=2)
    cluster.start_sender()
    cluster.start_api_sender()

    Nemesis(cluster, seed=1, lasts_s=AWAY_S).inflict(stop_postgresql)

    cluster.stop_senders()
    forget_connection()
    cluster.wait_for_quiet()
    for watcher in cluster.watchers:
        if watcher.transport != "poll":  # a poll may be answered with 503
            assert watcher.ends == [], watcher
    assert cluster.faults() == []
