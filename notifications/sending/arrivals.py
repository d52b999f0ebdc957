"""What arrivals do to the inboxes that they come into, and how they are stored there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, MutableMapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, F, Value

from notifications.models import ChangeCounter, Inbox, InboxItem, Notification, audiences, sql
from notifications.models.inbox import InboxNow
from notifications.sending.signals import Arrived


def locked(user_ids: Collection[Any], *, waits: bool = True) -> dict[Any, InboxNow]:
    """The inboxes of those of the users who are active, by user.

    Args: waits: for those that somebody else has locked; else they are left out.
    """
    if not user_ids:
        return {}
    theirs = Inbox.objects.filter(user__among=frozenset(user_ids))
    inboxes = audiences.Everyone().inboxes(theirs)
    # In the order of ids, as everywhere: two sends over the same users must not lock crosswise.
    free = inboxes.order_by("pk").select_for_update(no_key=True, skip_locked=not waits)
    rows = free.values_list("user_id", "pk", "revision", "unread_count", "unseen_count")
    return {user_id: InboxNow(*now) for user_id, *now in rows}


def of_each(
    sends: Iterable[tuple[Notification, Sequence[Any], Container[int]]],
    inboxes: MutableMapping[Any, InboxNow],
    arrived_at: datetime,
) -> list[Arrived]:
    """What arrives by each of some sends, in their order; the inboxes are then as that leaves them.

    Args: sends: each with its members, and the ids of inboxes that it does not come into.
        inboxes: by user.
    """
    arrivals = []
    for row, members, without in sends:
        reached = [pk for pk in members if inboxes[pk].inbox_id not in without]
        for pk in reached:
            inboxes[pk] = _one_more(inboxes[pk])
        arrivals.append(Arrived(row, arrived_at, [inboxes[pk] for pk in reached]))
    return arrivals


def store(arrivals: Sequence[Arrived]) -> None:
    """Put them into their inboxes, which are locked."""
    advance(Counter(inbox.inbox_id for arrival in arrivals for inbox in arrival.inboxes))
    InboxItem.objects.bulk_create(item for arrival in arrivals for item in _items(arrival))


def enter(notification_id: int, inbox_ids: Collection[int], arrived_at: datetime) -> list[InboxNow]:
    """Put one notification into these inboxes, which are locked; where they stand then."""
    if connection.vendor == "postgresql":
        return _enter_postgresql(notification_id, inbox_ids, arrived_at)
    inboxes = Inbox.objects.filter(pk__among=frozenset(inbox_ids))
    inboxes.update(
        revision=F("revision") + 1,
        unread_count=F("unread_count") + 1,
        unseen_count=F("unseen_count") + 1,
        change_seq=ChangeCounter.next(inboxes.db),
    )
    sql.insert_from(
        InboxItem,
        inboxes,
        inbox_id=F("pk"),
        notification_id=Value(notification_id),
        revision=F("revision"),
        arrived_revision=F("revision"),
        arrived_at=Value(arrived_at, output_field=DateTimeField()),
    )
    return inboxes.now()


def _enter_postgresql(
    notification_id: int, inbox_ids: Collection[int], arrived_at: datetime
) -> list[InboxNow]:
    """The same by one statement: else the inboxes would be found three times."""
    array = f"{{{','.join(map(str, inbox_ids))}}}"
    with connection.cursor() as cursor:
        cursor.execute(_ENTER, [array, notification_id, arrived_at])
        return list(map(InboxNow._make, cursor.fetchall()))


_ENTER = f"""
WITH moved AS (
  UPDATE {Inbox._meta.db_table}
  SET revision = revision + 1, unread_count = unread_count + 1, unseen_count = unseen_count + 1
  WHERE id = ANY(%s::bigint[])
  RETURNING id, revision, unread_count, unseen_count
), stored AS (
  INSERT INTO {InboxItem._meta.db_table}
    (inbox_id, notification_id, revision, arrived_revision, arrived_at, woken)
  SELECT id, %s, revision, revision, %s, false FROM moved
)
SELECT id, revision, unread_count, unseen_count FROM moved
"""  # noqa: S608 (tables of ours)


def advance(counts: dict[int, int]) -> None:
    """Let each inbox take as many revisions as it gets unread items. Call it with them locked.

    Args: counts: by the inboxes' ids.
    """
    by_count: dict[int, list[int]] = defaultdict(list)
    for pk, count in counts.items():
        by_count[count].append(pk)
    if not by_count:
        return
    change_seq = ChangeCounter.next(Inbox.objects.db)
    for count, pks in by_count.items():
        Inbox.objects.filter(pk__among=frozenset(pks)).update(
            revision=F("revision") + count,
            unread_count=F("unread_count") + count,
            unseen_count=F("unseen_count") + count,
            change_seq=change_seq,
        )


def _one_more(inbox: InboxNow) -> InboxNow:
    return InboxNow(inbox.inbox_id, inbox.revision + 1, inbox.unread + 1, inbox.unseen + 1)


def _items(arrived: Arrived) -> list[InboxItem]:
    return [
        InboxItem(
            inbox_id=inbox.inbox_id,
            notification_id=arrived.notification.pk,
            revision=inbox.revision,
            arrived_revision=inbox.revision,
            arrived_at=arrived.arrived_at,
        )
        for inbox in arrived.inboxes
    ]
