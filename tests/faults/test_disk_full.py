"""The disk is full, for one process after the other, and then is not: nobody need start anew.

Only where the database is a file of ours: PostgreSQL writes for its clients.
"""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

from tests.faults.scenarios import small_cluster
from tests.support.history import Outcome
from tests.support.own_database import integrity
from tests.support.processes import until
from tests.support.watchers import TRANSPORTS

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster
    from tests.support.cluster import Cluster
    from tests.support.processes import Child

# The write-ahead log's header and a page of it: no transaction fits.
ROOM_BYTES = 8192


def limit(child: Child, most_bytes: int) -> None:
    """No file of this process may grow beyond that; SIGXFSZ is ignored by Python."""
    resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))


def outcomes_after(cluster: Cluster, number: int) -> list[Outcome]:
    return [send.outcome for send in cluster.sends()[number:]]


def test_a_server_refuses_what_it_cannot_keep_and_goes_on(start_cluster: StartCluster) -> None:
    cluster = small_cluster(start_cluster(), TRANSPORTS)
    (user,), (server,) = cluster.users, cluster.servers
    assert cluster.send(user) == Outcome.ACKNOWLEDGED

    limit(server.child, ROOM_BYTES)
    assert {cluster.send(user) for _ in range(5)} == {Outcome.UNKNOWN}
    # Reading needs no room, and nobody was cut off.
    assert server.get("/api/v1/inbox", cluster.session(user)).status == 200
    limit(server.child, resource.RLIM_INFINITY)

    assert cluster.send(user) == Outcome.ACKNOWLEDGED
    cluster.wait_for_quiet()
    assert {watcher.where[1] for watcher in cluster.watchers} == {2}, "a send had half an effect"
    assert [watcher.ends for watcher in cluster.watchers] == [[], [], []]
    assert cluster.faults() == []
    assert integrity() == "ok"


def test_a_sender_is_told_so_and_goes_on(start_cluster: StartCluster) -> None:
    cluster = small_cluster(start_cluster(), TRANSPORTS[:1])
    cluster.start_sender(pause_s=0.02)
    until(lambda: Outcome.ACKNOWLEDGED in outcomes_after(cluster, 0), "it sends")

    assert cluster.sender is not None
    limit(cluster.sender, ROOM_BYTES)
    until(lambda: Outcome.UNKNOWN in outcomes_after(cluster, 0), "it is told")
    limit(cluster.sender, resource.RLIM_INFINITY)
    sent = len(cluster.sends())
    until(lambda: Outcome.ACKNOWLEDGED in outcomes_after(cluster, sent), "it sends again")

    cluster.stop_senders()
    cluster.wait_for_quiet()
    assert cluster.faults() == []
    assert integrity() == "ok"
