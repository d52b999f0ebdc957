"""The sender's figures: counted exactly for one notification, and kept for lists of them.

Whatever changes them leaves a tally, a row that says by how much; every few seconds a dispatcher
adds those up. So nothing walks over all items, what one user does over and over is one row, and
the figures are right in the end: a tally goes with its addition, and additions commute.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, Expression, F, OuterRef, Subquery, Sum, When
from django.db.models.functions import Coalesce

from notifications.models import InboxItem, Notification, Stats, StatsDelta, sql, transactions
from notifications.models.inbox import InboxItemQuerySet

# Tallies of one transaction: on SQLite nobody else writes as long as it lasts.
_MAX_TALLIES = 2_000
_NAMES = ("delivered", "seen", "read")


@dataclass(frozen=True, slots=True)
class Counts:
    """Items of one notification, whether they are still in their inboxes or not."""

    delivered: int = 0
    seen: int = 0
    read: int = 0


def exact(notification_id: int) -> Counts:
    """The figures of one notification, as they are now. Reads all its items."""
    items = InboxItem.objects.filter(notification=notification_id)
    return Counts(**items.aggregate(**{name: Count(f"{name}_at") for name in _NAMES}))


def kept(notification_id: int) -> Counts:
    """The figures of one notification as they were last rolled up, a few seconds ago. One row."""
    row = Stats.objects.filter(pk=notification_id).first()
    return Counts() if row is None else shown(row)


def shown(row: Stats) -> Counts:
    """What a row of figures says to people."""
    return Counts(max(0, row.delivered_count), max(0, row.seen_count), max(0, row.read_count))


# --- What changes ---------------------------------------------------------------------------------


def act(items: InboxItemQuerySet, by: Mapping[str, Expression]) -> None:
    """Say, in the transaction of a recipient's act, by how much it changed figures.

    No row passes through Python. Call it with the items locked: who holds an item's lock is the
    only one who writes its tally, but for a dispatcher, which waits for nobody.

    Args: by: what each of these items adds to ``delivered``, ``seen`` and ``read``.
    """
    key = {name: F(name) for name in ("notification_id", "inbox_id")}
    columns: dict[str, Any] = {**key, **by}
    sql.insert_from(StatsDelta, items.order_by(), add_to=tuple(key), **columns)


def delivered(item_ids: Collection[int]) -> None:
    """Say, in the transaction that marked these items delivered, that they are."""
    items = InboxItem.objects.filter(pk__among=frozenset(item_ids)).order_by()
    counts = items.values("notification_id").annotate(count=Count("*"))
    key = F("notification_id")
    sql.insert_from(StatsDelta, counts, notification_id=key, delivered=F("count"))


def forget(items: InboxItemQuerySet) -> None:
    """Say, in the transaction that deletes these items of one inbox, that they are gone.

    They are locked first: a receipt that is being written is part of what goes.
    """
    list(items.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    by = {name: Case(When(**{f"{name}_at__isnull": False}, then=-1), default=0) for name in _NAMES}
    act(items.filter(delivered_at__isnull=False), by)


# --- What is kept ---------------------------------------------------------------------------------


def roll_up() -> None:
    """Add up all that has changed, any number of processes at a time."""
    while roll_up_some() == _MAX_TALLIES:
        pass


def roll_up_some() -> int:
    """Add the oldest tallies to their figures, and delete them. Returns: how many there were."""
    # Looked at first: on SQLite a transaction that finds nothing has waited for the write lock.
    oldest = list(StatsDelta.objects.order_by("pk").values_list("pk", flat=True)[:_MAX_TALLIES])
    if not oldest:
        return 0
    with transactions.atomic():
        # Who acts just now, or adds them up elsewhere, is not waited for.
        free = StatsDelta.objects.filter(pk__among=frozenset(oldest)).order_by("pk")
        pks = list(free.select_for_update(skip_locked=True).values_list("pk", flat=True))
        rows = StatsDelta.objects.filter(pk__among=frozenset(pks))
        # Of a notification that is gone nothing is kept.
        there = rows.filter(Exists(Notification.objects.filter(pk=OuterRef("notification_id"))))
        sums = there.order_by("notification_id").values("notification_id")
        sums = sums.annotate(**{f"{name}_sum": Sum(name) for name in _NAMES})
        columns: dict[str, Any] = {f"{name}_count": F(f"{name}_sum") for name in _NAMES}
        key = F("notification_id")
        sql.insert_from(Stats, sums, add_to=("notification_id",), notification_id=key, **columns)
        rows.delete()
    return len(pks)


# --- What is wrong --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wrong:
    """What a notification's figures come to when all is added up, and should."""

    notification_id: int
    shown: Counts
    real: Counts


def wrong(notification_ids: Collection[int]) -> list[Wrong]:
    """Those of these notifications whose figures do not come out right.

    One statement, so that figures, tallies and items are of one moment.
    """
    rows = Notification.objects.filter(pk__among=notification_ids).order_by("pk")
    counted = rows.annotate(
        **{name: Count(f"items__{name}_at") for name in _NAMES},
        **{f"{name}_said": _kept(name) + _waiting(name) for name in _NAMES},
    ).values_list("pk", *(f"{name}_said" for name in _NAMES), *_NAMES)
    compared = [Wrong(pk, Counts(*counts[:3]), Counts(*counts[3:])) for pk, *counts in counted]
    return [difference for difference in compared if difference.shown != difference.real]


def mend(wrong: Collection[Wrong]) -> None:
    """Let these figures come out right, whatever recipients do meanwhile."""
    StatsDelta.objects.bulk_create(
        StatsDelta(
            notification_id=difference.notification_id,
            **{
                name: getattr(difference.real, name) - getattr(difference.shown, name)
                for name in _NAMES
            },
        )
        for difference in wrong
    )


def _kept(name: str) -> Coalesce:
    row = Stats.objects.filter(pk=OuterRef("pk")).values(f"{name}_count")
    return Coalesce(Subquery(row), 0)


def _waiting(name: str) -> Coalesce:
    rows = StatsDelta.objects.filter(notification_id=OuterRef("pk")).order_by()
    total = rows.values("notification_id").annotate(total=Sum(name)).values("total")
    return Coalesce(Subquery(total), 0)
