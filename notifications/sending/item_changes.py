"""What an edit or a removal does to inboxes, and to the item that each of them holds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, Subquery

from notifications.models import ChangeCounter, Inbox, InboxItem
from notifications.models.inbox import InboxNow


def change(
    notification_id: int,
    inbox_ids: Collection[int],
    *,
    unread: int = 0,
    unseen: int = 0,
    removed_at: datetime | None = None,
) -> list[InboxNow]:
    """Let these inboxes, which are locked, and their items take a revision; where they stand then.

    Args: unread, unseen: what leaves the counters of each. removed_at: where the items go.
    """
    if connection.vendor == "postgresql":
        return _change_postgresql(notification_id, inbox_ids, unread, unseen, removed_at)
    ids = frozenset(inbox_ids)
    inboxes = Inbox.objects.filter(pk__among=ids)
    inboxes.update(
        revision=F("revision") + 1,
        unread_count=F("unread_count") - unread,
        unseen_count=F("unseen_count") - unseen,
        change_seq=ChangeCounter.next(inboxes.db),
    )
    revision = Inbox.objects.filter(pk=OuterRef("inbox_id")).values("revision")
    changes: dict[str, Any] = {"revision": Subquery(revision)}
    if removed_at is not None:
        changes["removed_at"] = removed_at
    items = InboxItem.objects.filter(notification_id=notification_id, inbox__pk__among=ids)
    items.update(**changes)
    return inboxes.now()


def _change_postgresql(
    notification_id: int,
    inbox_ids: Collection[int],
    unread: int,
    unseen: int,
    removed_at: datetime | None,
) -> list[InboxNow]:
    """The same by one statement: else the inboxes would be found four times."""
    array = f"{{{','.join(map(str, inbox_ids))}}}"
    with connection.cursor() as cursor:
        cursor.execute(
            _CHANGE,
            [unread, unseen, array, removed_at, notification_id, min(inbox_ids), max(inbox_ids)],
        )
        return list(map(InboxNow._make, cursor.fetchall()))


# Between which inboxes, too: as long as statistics know little of these items, each chunk would
# read all that there are of the notification.
_CHANGE = f"""
WITH moved AS (
  UPDATE {Inbox._meta.db_table}
  SET revision = revision + 1, unread_count = unread_count - %s, unseen_count = unseen_count - %s
  WHERE id = ANY(%s::bigint[])
  RETURNING id, revision, unread_count, unseen_count
), changed AS (
  UPDATE {InboxItem._meta.db_table} item
  SET revision = moved.revision, removed_at = coalesce(%s::timestamptz, item.removed_at)
  FROM moved WHERE item.inbox_id = moved.id AND item.notification_id = %s
    AND item.inbox_id BETWEEN %s AND %s
)
SELECT id, revision, unread_count, unseen_count FROM moved
"""  # noqa: S608 (tables of ours)
