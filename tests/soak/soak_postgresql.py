"""PostgreSQL is away for ten seconds, under load; and it is behind a firewall that forgets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from django.db import connection

from tests.faults.scenarios import small_cluster
from tests.soak.conftest import as_root
from tests.support.history import Outcome
from tests.support.namespace import THEIRS, Namespace
from tests.support.nemesis import Nemesis, stop_postgresql
from tests.support.own_database import forget_connection
from tests.support.processes import database_url, until
from tests.support.proxy import Proxy
from tests.support.watchers import SSE, TRANSPORTS, WEBSOCKET

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster

AWAY_S = 10
BACK_S = 15
# As many as one process may open.
AT_ONCE = 15


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


def test_a_firewall_forgets_the_connections_that_are_open(start_cluster: StartCluster) -> None:
    """Their packets are dropped, as after its restart or a failover; new connections work."""
    port = connection.settings_dict["PORT"]
    with Namespace(as_root) as namespace, Proxy(int(port), listener=namespace.listener()) as way:
        url = database_url().replace(f"127.0.0.1:{port}/", f"{THEIRS}:{way.port}/")
        cluster = small_cluster(start_cluster(DATABASE_URL=url), [WEBSOCKET, SSE])
        (user,) = cluster.users
        with ThreadPoolExecutor(AT_ONCE) as executor:
            sent = set(executor.map(lambda _: cluster.send(user), range(AT_ONCE)))
            assert sent == {Outcome.ACKNOWLEDGED}
        ports = way.clients()
        assert len(ports) > 1
        with namespace.dropping_of(ports):
            until(lambda: cluster.send(user) == Outcome.ACKNOWLEDGED, "a send", within_s=BACK_S)
            cluster.wait_for_quiet()
        assert [watcher.ends for watcher in cluster.watchers] == [[], []]
        assert cluster.faults() == []
