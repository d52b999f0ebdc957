"""What has just arrived in many inboxes, read once for the streams of all of them.

Where no hint comes, as from another process on SQLite without Redis, the reconciler alone notices
what was committed. Most of that is arrivals, of one notification in many inboxes. Each stream would
read its own; so the reconciler reads them, in the form that a hint has, and the streams take it for
one. What is anything else, or more than one step ahead, a stream reads as ever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import F

from notifications.models import InboxItem, Notification, sql
from notifications.push import hints
from notifications.wire import serializers

_COLUMNS = (
    "inbox_id", "revision", "inbox__unread_count", "inbox__unseen_count",
    "notification_id", "arrived_at",
)  # fmt: skip
_ARRIVED_AT = [InboxItem._meta.get_field("arrived_at")]
# As an item is whose last change is that it arrived.
_UNTOUCHED = dict.fromkeys(
    name for name in serializers.ITEM if name.endswith("_at") and name != "arrived_at"
)


def read(epoch_tag: str, inbox_ids: Collection[int]) -> list[dict[str, Any]]:
    """Bodies of hints, as ``hints.read`` takes them, of those inboxes that changed by an arrival.

    Raises: DatabaseError. ValueError, TypeError: what somebody wrote around the models.
    """
    arrived = (
        InboxItem.objects.filter(inbox__among={*inbox_ids}, revision=F("inbox__revision"))
        .filter(arrived_revision=F("revision"), snoozed_until=None, **_UNTOUCHED)
        .values_list(*_COLUMNS)
    )
    rows: dict[tuple[int, Any], list[Sequence[int]]] = defaultdict(list)
    for *row, notification_id, arrived_at in sql.raw_values(arrived):
        rows[notification_id, arrived_at].append(row)
    contents = _contents({notification_id for notification_id, _ in rows})
    keys = [key for key in rows if key[0] in contents]
    moments = sql.python_values(_ARRIVED_AT, [[arrived_at] for _, arrived_at in keys])
    return [
        {
            "epoch_tag": epoch_tag,
            "arrived": hints.arrival(pk, moment, contents[pk]),
            "rows": rows[pk, arrived_at],
        }
        for (pk, arrived_at), (moment,) in zip(keys, moments, strict=True)
    ]


def _contents(notification_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    found = Notification.objects.filter(pk__among=notification_ids)
    return {row.pop("pk"): row for row in found.values("pk", *serializers.CONTENT)}
