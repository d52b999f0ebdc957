"""One run of the suite: a cluster under load, a nemesis, and the checker in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.nemesis import Nemesis
from tests.support.own_database import forget_connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.cluster import Cluster

USERS = 4
SERVERS = 2


def run(
    start_cluster: Callable[..., Cluster],
    transport: str,
    *,
    with_redis: bool,
    seed: int,
    fault_count: int | None = None,
    lasts_s: float = 1.5,
) -> Cluster:
    """Args: fault_count: by default each fault once that there is."""
    cluster = start_cluster(with_redis=with_redis, seed=seed)
    cluster.add_users(USERS)
    cluster.start_servers(SERVERS)
    cluster.start_dispatcher()
    for user in cluster.users:
        cluster.watch(user, transport)
    # One of them has a second window open.
    cluster.watch(cluster.users[0], transport)
    cluster.wait_until_synced()
    cluster.wait_until_hearing()
    cluster.start_sender()
    cluster.start_api_sender()
    _befall(Nemesis(cluster, seed, lasts_s=lasts_s), fault_count)
    return cluster


def _befall(nemesis: Nemesis, fault_count: int | None) -> None:
    cluster = nemesis.cluster
    cluster.wait_for_sends(1)
    nemesis.run(len(nemesis.faults()) if fault_count is None else fault_count)
    # Whatever befell it, it takes more.
    cluster.wait_for_sends(len(nemesis.done))
    cluster.stop_senders()
    forget_connection()
    cluster.wait_for_quiet()
    cluster.wait_until_hearing()
    assert cluster.faults() == [], nemesis.done
