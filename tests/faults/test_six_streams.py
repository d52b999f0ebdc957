"""Two processes, one user, a stream of each transport on each: all six hold the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.scenarios import small_cluster
from tests.support.history import Outcome
from tests.support.processes import until
from tests.support.watchers import TRANSPORTS

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster

# One hint away; without Redis the reconciler's half second on PostgreSQL.
AGREED_S = 3
ROUNDS = 4


@pytest.mark.parametrize("with_redis", [False, True])
def test_what_is_done_in_one_process_shows_in_all_six(
    start_cluster: StartCluster, *, with_redis: bool
) -> None:
    cluster = small_cluster(start_cluster(with_redis=with_redis), TRANSPORTS, server_count=2)
    (user,) = cluster.users

    def agree(revision: int) -> None:
        for watcher in cluster.watchers:
            until(lambda w=watcher: w.where[1] == revision, f"{watcher}", within_s=AGREED_S)  # type: ignore[misc]
        assert all(w.held.listed() == cluster.watchers[0].held.listed() for w in cluster.watchers)

    revision = 0
    for turn in range(ROUNDS):
        assert cluster.send(user, server=turn % 2) == Outcome.ACKNOWLEDGED
        revision += 1
        agree(revision)
        newest = cluster.watchers[0].held.listed()[0]["id"]
        for number, op in enumerate(["seen", "read", "archive", "restore"]):
            session = cluster.session(user)
            revision = cluster.servers[number % 2].act(session, op, newest)["revision"]
            agree(revision)
    assert [watcher.ends for watcher in cluster.watchers] == [[]] * len(cluster.watchers)
