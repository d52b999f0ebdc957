"""An older backup is put back: every client begins anew, also one that was ahead of it and away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection

from notifications.inbox import reading
from tests.faults.scenarios import small_cluster
from tests.support import own_database, postgresql_faults
from tests.support.history import Outcome, Retelling
from tests.support.processes import until
from tests.support.watchers import TRANSPORTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.conftest import StartCluster
    from tests.support.cluster import Cluster

BEFORE, LOST, AFTER = 3, 4, 2
# Who asks after the fall, and before a process has seen it, is told where the inbox is: in the
# epoch that is about to end. A server cannot take a client's word that there was more.
IN_BETWEEN = f"went back from {BEFORE + LOST} to {BEFORE} in one epoch"


def back_up(path: Path) -> None:
    if connection.vendor == "sqlite":
        own_database.back_up_file(path)
    else:
        postgresql_faults.dump(path)


def restore_while_running(path: Path) -> None:
    if connection.vendor == "sqlite":
        own_database.restore_file(path)
    else:
        postgresql_faults.restore(path)


def restore_while_down(path: Path) -> None:
    if connection.vendor == "sqlite":
        own_database.replace_file(path)
    else:
        postgresql_faults.restore(path)


def send(cluster: Cluster, how_many: int) -> None:
    (user,) = cluster.users
    outcomes = {cluster.send(user) for _ in range(how_many)}
    assert outcomes == {Outcome.ACKNOWLEDGED}
    cluster.wait_for_quiet()


def all_begin_anew(cluster: Cluster, old_epoch: str | None) -> None:
    """Everybody is at the head of the new epoch, and holds what one does who comes now."""
    (user,) = cluster.users
    cluster.watch(user, TRANSPORTS[0])
    cluster.wait_for_quiet()
    head = reading.head(user)
    assert head.epoch != old_epoch
    assert head.revision == BEFORE + AFTER
    for watcher in cluster.watchers:
        assert watcher.held.listed() == cluster.watchers[-1].held.listed()
        assert len(watcher.held.listed()) == BEFORE + AFTER
        faults = Retelling(watcher.story).faults
        assert [fault for fault in faults if not fault.endswith(IN_BETWEEN)] == []
        assert watcher.all_violations() == []
        assert watcher.verdict is None


@pytest.fixture
def cluster(start_cluster: StartCluster) -> Cluster:
    return small_cluster(start_cluster(), TRANSPORTS, server_count=2)


def test_while_all_are_running(cluster: Cluster, tmp_path: Path) -> None:
    send(cluster, BEFORE)
    back_up(tmp_path / "backup")
    send(cluster, LOST)
    away = cluster.watchers[0]
    away.stop()
    old_epoch, revision = away.where
    assert revision == BEFORE + LOST

    restore_while_running(tmp_path / "backup")
    until(
        lambda: all(w.where[0] not in {None, old_epoch} for w in cluster.watchers[1:]),
        "those who are here begin anew",
        within_s=30,
    )
    away.start()
    send(cluster, AFTER)

    all_begin_anew(cluster, old_epoch)
    # Nobody had to come back for it.
    assert {tuple(watcher.ends) for watcher in cluster.watchers[1:]} == {()}


def test_while_all_are_down(cluster: Cluster, tmp_path: Path) -> None:
    send(cluster, BEFORE)
    back_up(tmp_path / "backup")
    send(cluster, LOST)
    old_epoch, _ = cluster.watchers[0].where
    assert cluster.dispatcher is not None
    for child in (*(server.child for server in cluster.servers), cluster.dispatcher):
        child.kill()

    restore_while_down(tmp_path / "backup")
    assert cluster.manage("new_epoch").wait() == 0
    for server in cluster.servers:
        cluster.restart(server)
    cluster.start_dispatcher()
    send(cluster, AFTER)

    all_begin_anew(cluster, old_epoch)
