"""The sender's figures: counted exactly for one notification, and kept for lists of them.

Whatever changes them leaves a touch, a row with the notification's id; every few seconds a
dispatcher counts the notifications that were touched. So nothing walks over all items, and the
figures are right in the end: a touch goes only when what was committed with it has been counted.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, F

from notifications import sql
from notifications.models import Figures, InboxItem, Notification, Touch
from notifications.models.inbox import InboxItemQuerySet

# Touches that are read at a time, and notifications that are counted by one statement.
_MOST_TOUCHES = 5_000
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Counts:
    """Items of one notification, whether they are still in their inboxes or not."""

    delivered: int = 0
    seen: int = 0
    read: int = 0


def exact(notification_id: int) -> Counts:
    """The figures of one notification, as they are now. Reads all its items."""
    return count([notification_id]).get(notification_id, Counts())


def kept(notification_id: int) -> Counts:
    """The figures of one notification as they were last rolled up, a few seconds ago. One row."""
    rows = Figures.objects.filter(pk=notification_id)
    row = rows.values_list("delivered_count", "seen_count", "read_count").first()
    return Counts() if row is None else Counts(*row)


def touch(notification_ids: Iterable[int]) -> None:
    """Say, in the transaction that changes them, that figures of these have changed."""
    those = Notification.objects.filter(pk__among=sorted(notification_ids))
    sql.insert_from(Touch, those, notification_id=F("pk"))


def touch_all_of(items: InboxItemQuerySet) -> None:
    """The same of the notifications of these items, of which no row passes through Python."""
    sql.insert_from(Touch, items, notification_id=F("notification_id"))


def roll_up(stop: threading.Event | None = None) -> None:
    """Count what was touched, any number of processes at a time."""
    while not (stop and stop.is_set()):
        touches = Touch.objects.order_by("pk").values_list("notification_id", "pk")[:_MOST_TOUCHES]
        touched: dict[int, list[int]] = defaultdict(list)
        for notification_id, pk in touches:
            touched[notification_id].append(pk)
        done = 0
        for ids in _batches(sorted(touched)):
            done += _roll_up_some({pk: touched[pk] for pk in ids})
        # Those that another process has counted meanwhile are left to the next time.
        if done < _MOST_TOUCHES:
            return


def _roll_up_some(touched: Mapping[int, Sequence[int]]) -> int:
    """Count these notifications, and forget their touches.

    Returns: how many touches are gone.
    """
    ids = list(touched)
    versions = _versions(ids)
    # Outside the transaction: on SQLite nobody could write while this counts.
    counts = count(ids)
    gone: list[int] = []
    with transaction.atomic():
        for pk in ids:  # in the order of ids, so that no two processes wait for each other
            is_gone = pk not in versions
            if is_gone or _write(pk, versions[pk], counts.get(pk, Counts())):
                gone += touched[pk]
        Touch.objects.filter(pk__among=gone).delete()
    return len(gone)


def _versions(ids: Sequence[int]) -> dict[int, int]:
    """The versions of these notifications' figures, of which those that are missing are made."""
    rows = Figures.objects.filter(pk__among=ids).values_list("pk", "version")
    versions = dict(rows)
    if missing := [pk for pk in ids if pk not in versions]:
        there = Notification.objects.filter(pk__among=missing)
        sql.insert_from(Figures, there, ignore_conflicts=True, notification_id=F("pk"))
        versions = dict(rows.all())
    return versions


def _write(pk: int, version: int, counts: Counts) -> bool:
    """Keep what was counted, unless somebody else, who may have counted later, was faster."""
    written = Figures.objects.filter(pk=pk, version=version).update(
        delivered_count=counts.delivered,
        seen_count=counts.seen,
        read_count=counts.read,
        version=version + 1,
    )
    return written == 1


def count(notification_ids: Sequence[int]) -> dict[int, Counts]:
    """The figures of these notifications, as they are now; of one without items, none."""
    rows = (
        InboxItem.objects.filter(notification__among=notification_ids)
        .order_by()
        .values_list("notification_id")
        .annotate(Count("delivered_at"), Count("seen_at"), Count("read_at"))
    )
    return {pk: Counts(*counts) for pk, *counts in rows}


def _batches(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
