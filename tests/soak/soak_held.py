"""What `make test` does for three seconds, for thirty: longer than who waits is patient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from tests.faults.scenarios import hold_database
from tests.support.history import Outcome
from tests.support.own_database import write_lock

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster

HELD_S = 30


def test_a_send_is_refused_and_heartbeats_are_on_time(start_cluster: StartCluster) -> None:
    cluster = start_cluster()
    if connection.vendor == "sqlite":
        # The send gives up after DATABASE_TIMEOUT_S, and has had no effect: the checker looks.
        assert hold_database(cluster, write_lock(), HELD_S) == Outcome.UNKNOWN
        return
    assert cluster.postgresql is not None
    # Nothing ends a query whose server stands still; it goes on when the server does.
    assert hold_database(cluster, cluster.postgresql.frozen(), HELD_S) in {
        Outcome.ACKNOWLEDGED,
        Outcome.UNKNOWN,
    }
