"""Servers that dispatch beside serving, killed one after the other: nothing that was accepted waits
for one that has died longer than its lease lasts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.nemesis import (
    Nemesis,
    freeze_server,
    kill_sender,
    kill_server,
    seed_of_run,
)
from tests.support.own_database import forget_connection

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster


def test_all_that_was_accepted_is_dispatched_by_whoever_is_left(
    start_cluster: StartCluster,
) -> None:
    seed = seed_of_run()
    cluster = start_cluster(seed=seed, NOTIFICATIONS_DISPATCH_IN_SERVER=1)
    cluster.add_users(4)
    cluster.start_servers(2)
    cluster.start_sender(pause_s=0.02)
    cluster.start_api_sender(pause_s=0.02)
    cluster.wait_for_sends(1)
    nemesis = Nemesis(cluster, seed, lasts_s=0.5)
    for faults in ([kill_server], [kill_sender], [kill_server, kill_sender], [freeze_server]):
        nemesis.inflict(*faults)
    cluster.wait_for_sends(len(nemesis.done))
    cluster.stop_senders()
    forget_connection()
    cluster.wait_for_quiet()
    assert len(cluster.acknowledged()) > len(nemesis.done)
    assert cluster.faults() == [], nemesis.done
