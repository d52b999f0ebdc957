"""PostgreSQL falls silent: whoever waits is told so, and it is used again once it answers."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from tests.faults.scenarios import small_cluster
from tests.support.history import Outcome
from tests.support.processes import database_url, until
from tests.support.proxy import Proxy
from tests.support.watchers import SSE, WEBSOCKET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.conftest import StartCluster
    from tests.support.cluster import Cluster

ANSWER_S = 3
# More than a process has connections.
AT_ONCE = 15
# What is bounded by ANSWER_S takes less than twice as long; the rest is a slow machine's.
BOUND_S = 10 * ANSWER_S
BACK_S = 15


@pytest.fixture
def way() -> Iterator[Proxy]:
    """How the processes reach the server."""
    with Proxy(int(connection.settings_dict["PORT"])) as proxy:
        yield proxy


@pytest.fixture
def cluster(start_cluster: StartCluster, way: Proxy) -> Cluster:
    port = connection.settings_dict["PORT"]
    url = database_url().replace(f":{port}/", f":{way.port}/")
    started = start_cluster(DATABASE_URL=url, DATABASE_ANSWER_S=ANSWER_S)
    return small_cluster(started, [WEBSOCKET, SSE])


def ask_at_once(cluster: Cluster) -> set[int]:
    """What requests are answered that come at the same moment: sends, pages, and the API."""
    (user,), (server,) = cluster.users, cluster.servers
    session = cluster.session(user)

    def ask(number: int) -> int:
        match number % 3:
            case 0:
                return 200 if cluster.send(user) == Outcome.ACKNOWLEDGED else 503
            case 1:
                return server.get("/inbox/", session).status
        return server.get("/api/v1/inbox", session).status

    with ThreadPoolExecutor(AT_ONCE) as executor:
        return set(executor.map(ask, range(AT_ONCE)))


def fill_pool(cluster: Cluster) -> None:
    """Let the server open the connections that it keeps."""
    assert ask_at_once(cluster) == {200}


def be_back_soon(cluster: Cluster) -> None:
    (user,) = cluster.users
    until(lambda: cluster.send(user) == Outcome.ACKNOWLEDGED, "it is back", within_s=BACK_S)
    cluster.wait_for_quiet()
    assert [watcher.ends for watcher in cluster.watchers] == [[], []]
    assert cluster.faults() == []


def test_connections_that_fall_silent_are_replaced(cluster: Cluster, way: Proxy) -> None:
    """As after a failover: what is open is dead and nobody says so, and new ones work."""
    fill_pool(cluster)
    assert way.silence() > 1

    be_back_soon(cluster)


def test_a_server_that_stands_still_makes_nobody_wait(cluster: Cluster) -> None:
    assert cluster.postgresql is not None
    fill_pool(cluster)
    with cluster.postgresql.frozen():
        for _ in range(2):
            began_at = time.monotonic()
            assert ask_at_once(cluster) == {503}
            assert time.monotonic() - began_at < BOUND_S

    be_back_soon(cluster)
    log = cluster.servers[0].child.output()
    assert log.count("PostgreSQL does not answer") == 1
    assert "PostgreSQL answers again" in log
