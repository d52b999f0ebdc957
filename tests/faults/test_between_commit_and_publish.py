"""Whoever sent is gone after the commit, before it told anybody: the database tells."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.faults.scenarios import small_cluster
from tests.support.history import Outcome
from tests.support.processes import until
from tests.support.watchers import POLL, TRANSPORTS, WEBSOCKET

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster
    from tests.support.cluster import Cluster

# The reconciler's half second, and what a busy machine may add.
HEALED_S = 5


def let_nobody_else_dispatch(cluster: Cluster) -> None:
    """Between the commit and the sender's own dispatch a dispatcher may be faster, and tell."""
    assert cluster.dispatcher is not None
    # It may have just begun, and not listen for signals yet.
    assert cluster.dispatcher.terminate() in {0, -signal.SIGTERM}


def test_a_process_that_sends_dies_there(start_cluster: StartCluster) -> None:
    cluster = small_cluster(start_cluster(with_redis=True), TRANSPORTS)
    let_nobody_else_dispatch(cluster)
    log = cluster.note("orm")
    dying = cluster.actor(
        "send_and_die_before_publishing",
        path=str(log.path),
        title=f"{cluster.prefix}dying",
        users=cluster.users,
    )

    assert dying.wait() == -signal.SIGKILL, dying.report()
    for watcher in cluster.watchers:
        until(lambda w=watcher: w.where[1] == 1, f"{watcher} is told", within_s=HEALED_S)  # type: ignore[misc]
    assert cluster.faults() == []


def test_a_server_that_sends_dies_there(start_cluster: StartCluster) -> None:
    cluster = small_cluster(start_cluster(), [WEBSOCKET, POLL])
    (user,) = cluster.users
    cluster.start_servers(1, DJANGO_SETTINGS_MODULE="tests.faults.dying_settings")
    dying = cluster.servers[1]
    # On a server that nobody streams from no hint is due.
    there = cluster.watch(user, WEBSOCKET, [1])
    cluster.wait_until_synced()
    let_nobody_else_dispatch(cluster)

    assert cluster.send(user, server=1) in {Outcome.ACKNOWLEDGED, Outcome.UNKNOWN}
    assert dying.child.wait() == -signal.SIGKILL, dying.child.report()
    for watcher in cluster.watchers[:2]:
        until(lambda w=watcher: w.where[1] == 1, f"{watcher} is told", within_s=HEALED_S)  # type: ignore[misc]

    cluster.restart(dying)
    cluster.wait_for_quiet()
    assert there.ends == [1006] or there.ends[0] == 1006
    assert cluster.faults() == []
