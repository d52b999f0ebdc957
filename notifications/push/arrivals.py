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

from django.db import connection

from notifications.models import Inbox, InboxItem, Notification, sql
from notifications.push import hints
from notifications.wire import contract, serializers

_ARRIVED_AT = [InboxItem._meta.get_field("arrived_at")]
_CONTENT_FIELDS = [Notification._meta.get_field(name) for name in serializers.CONTENT]
# As an item is whose last change is that it arrived.
_UNTOUCHED = [
    name for name in serializers.ITEM if name.endswith(("_at", "_until")) and name != "arrived_at"
]
_TABLES = {
    "inbox": Inbox._meta.db_table,
    "item": InboxItem._meta.db_table,
    "notification": Notification._meta.db_table,
    "untouched": " AND ".join(f"i.{name} IS NULL" for name in _UNTOUCHED),
    "columns": ", ".join(serializers.CONTENT[:-1]),
    "preview": contract.BODY_PREVIEW_LENGTH + 1,
}
# In SQL of our own: this is on the way of each push that no hint brings, and to put the two
# questions took the ORM a millisecond and a half, ten times as long as to answer them.
_ROWS = """
    SELECT i.notification_id, i.arrived_at, b.id, b.revision, b.unread_count, b.unseen_count
    FROM {inbox} b JOIN {item} i ON i.inbox_id = b.id AND i.revision = b.revision
    WHERE i.arrived_revision = i.revision AND {untouched} AND b.id {among}"""
# Of all inboxes, in the order in which it came, as items and inboxes lie in the table.
_ROWS_AFTER = """
    SELECT i.notification_id, i.arrived_at, b.id, b.revision, b.unread_count, b.unseen_count
    FROM {item} i CROSS JOIN {inbox} b
    WHERE i.inbox_id = b.id AND i.revision = b.revision
    AND i.arrived_revision = i.revision AND {untouched} AND i.id > %s"""
_CONTENTS = """
    SELECT id, {columns}, SUBSTR(body, 1, {preview}) FROM {notification} WHERE id {among}"""
# All ids as one parameter.
_AMONG = {
    "sqlite": "IN (SELECT value FROM json_each(%s))",
    "postgresql": "= ANY(%s::bigint[])",
}
_READ_ROWS, _READ_CONTENTS = (
    {vendor: text.format(**_TABLES, among=among) for vendor, among in _AMONG.items()}
    for text in (_ROWS, _CONTENTS)
)
_READ_ROWS_AFTER = _ROWS_AFTER.format(**_TABLES)


def read(
    epoch_tag: str, inbox_ids: Collection[int], after_item: int | None = None
) -> list[dict[str, Any]]:
    """Bodies of hints, as ``hints.read`` takes them, of those inboxes that changed by an arrival.

    Args: after_item: what had come up to this item is not looked for; None: whenever it came.
    Raises: DatabaseError. ValueError, TypeError: what somebody wrote around the models.
    """
    rows: dict[tuple[Any, ...], list[Sequence[int]]] = defaultdict(list)
    for row in _rows(inbox_ids, after_item):
        rows[row[:2]].append(row[2:])
    if not rows:
        return []
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


def _rows(inbox_ids: Collection[int], after_item: int | None) -> list[tuple[Any, ...]]:
    """The notification and the moment of each arrival, and where its inbox stands."""
    if after_item is None:
        return _asked(_READ_ROWS, inbox_ids)
    with connection.cursor() as cursor:
        cursor.execute(_READ_ROWS_AFTER, [after_item])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    wanted = frozenset(inbox_ids)
    return [row for row in found if row[2] in wanted]


def _contents(notification_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    found = _asked(_READ_CONTENTS, notification_ids)
    contents = sql.python_values(_CONTENT_FIELDS, [content for _, *content in found])
    return {
        pk: dict(zip(serializers.CONTENT, content, strict=True))
        for (pk, *_), content in zip(found, contents, strict=True)
    }


def _asked(statements: dict[str, str], ids: Collection[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statements[connection.vendor], [sql.listed(Inbox._meta.pk, ids)])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
