"""While the database does not answer, heartbeats go on, and who sends waits and is then told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from tests.faults.scenarios import hold_database
from tests.support.history import Outcome
from tests.support.own_database import write_lock

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster

HELD_S = 3


def test_heartbeats_are_on_time_and_a_send_waits(start_cluster: StartCluster) -> None:
    """SQLite: another process holds the write lock. PostgreSQL: all its processes are stopped."""
    cluster = start_cluster()
    if connection.vendor == "sqlite":
        held = write_lock()
    else:
        assert cluster.postgresql is not None
        held = cluster.postgresql.frozen()

    assert hold_database(cluster, held, HELD_S) == Outcome.ACKNOWLEDGED
