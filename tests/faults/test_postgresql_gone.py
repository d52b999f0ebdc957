"""PostgreSQL ends connections, or restarts: streams stay, and no process need start anew."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from notifications.models import Notification
from tests.faults.scenarios import small_cluster
from tests.support.history import Outcome
from tests.support.own_database import forget_connection
from tests.support.processes import until
from tests.support.watchers import TRANSPORTS

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster
    from tests.support.cluster import Cluster
    from tests.support.servers import Answer

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


def test_it_ends_a_connection_amid_a_commit(cluster: Cluster) -> None:
    """The server cannot know what came of it, and must not say that it does."""
    faults = cluster.postgresql
    assert faults is not None
    (user,), (server,) = cluster.users, cluster.servers
    # The key's use is written down once a minute: not then.
    assert cluster.send(user) == Outcome.ACKNOWLEDGED
    body = {"title": f"{cluster.prefix}amid", "audience": {"users": cluster.names()}}
    log = cluster.note("amid")
    log.begins(body["title"], [user])

    def send() -> Answer:
        headers = {"Idempotency-Key": "amid"}
        return server.call("POST", "/api/v1/notifications", cluster.key, body, **headers)

    def is_answered() -> bool:
        faults.terminate_committing()
        return answer.done()

    with ThreadPoolExecutor(1) as executor, faults.committing_for_ever():
        answer = executor.submit(send)
        until(is_answered, "it is answered")
    forget_connection()
    assert answer.result().status == 503
    assert "may have been" in answer.result().json()["detail"]
    assert Notification.objects.filter(title=body["title"]).count() == 1

    again = send()
    assert again.status == 200
    log.ended(body["title"], Outcome.ACKNOWLEDGED, notification_id=int(again.json()["id"]))
    all_is_well(cluster)
