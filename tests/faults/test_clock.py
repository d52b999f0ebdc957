"""The clock jumps by a day forward, and by an hour back: no stream notices, and nothing is late."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils import timezone

from notifications.models import InboxItem
from notifications.models.audiences import ChosenUsers
from notifications.sending import acts
from notifications.wire.message import Message
from tests.faults.scenarios import LATE_S, pause_most_s, small_cluster
from tests.support.cluster import PING_INTERVAL_S
from tests.support.history import Outcome
from tests.support.nemesis import pass_time
from tests.support.processes import until
from tests.support.watchers import TRANSPORTS

if TYPE_CHECKING:
    from tests.faults.conftest import StartCluster

BEATS = 4


def faked_clock(file: Path) -> dict[str, object]:
    """Settings of processes whose wall clock is off by what the file says."""
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    return {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": file,
        "FAKETIME_NO_CACHE": 1,
        "FAKETIME_DONT_FAKE_MONOTONIC": 1,
    }


def test_streams_and_what_is_due_keep_their_time(
    start_cluster: StartCluster, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0\n", "utf-8")
    cluster = small_cluster(start_cluster(**faked_clock(clock)), TRANSPORTS)
    (user,) = cluster.users
    log, title = cluster.note("scheduled"), f"{cluster.prefix}scheduled"
    log.begins(title, [user])
    scheduled = acts.send(
        Message(title, send_at=timezone.now() + timedelta(hours=1)),
        audience=ChosenUsers([user], "one"),
    )
    pk = scheduled.notification.pk
    log.ended(title, Outcome.ACKNOWLEDGED, notification_id=pk)
    streams = [watcher for watcher in cluster.watchers if watcher.transport != "poll"]

    for jump in ("+25h", "-1h"):
        began_at = time.monotonic()
        clock.write_text(f"{jump}\n", "utf-8")
        assert cluster.send(user) == Outcome.ACKNOWLEDGED
        pass_time(BEATS * PING_INTERVAL_S)
        assert pause_most_s(streams, began_at) < PING_INTERVAL_S + LATE_S
        # A day later it is due; an hour earlier it stays sent.
        until(InboxItem.objects.filter(notification=pk).exists, "what was scheduled is sent")

    assert [watcher.ends for watcher in cluster.watchers] == [[], [], []]
    cluster.wait_for_quiet()
    assert cluster.faults() == []
