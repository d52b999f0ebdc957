"""What arrivals do to the inboxes that they come into, and how they are stored there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, MutableMapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from notifications.models import ChangeCounter, Inbox, InboxItem, Notification, audiences
from notifications.models.inbox import InboxNow
from notifications.sending.signals import Arrived


def locked(user_ids: Collection[Any], *, waits: bool = True) -> dict[Any, InboxNow]:
    """The inboxes of those of the users who are active, by user.

    Args: waits: for those that somebody else has locked; else they are left out.
    """
    if not user_ids:
        return {}
    theirs = Inbox.objects.filter(user__among=list(user_ids))
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
        Inbox.objects.filter(pk__among=pks).update(
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
