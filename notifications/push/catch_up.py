"""Bring many clients up to date with one statement.

Each ask is answered from the same view of the database: where the inbox stands, whether its cursor
can be resumed from, and what changed since, or the newest ones instead. The statement is SQL of our
own, in two dialects: the ORM has no words for a LIMIT per row of another table.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from notifications.models import Epoch, Inbox, InboxItem, Notification, sql
from notifications.models.epoch import epoch_tag
from notifications.models.inbox import LISTED
from notifications.process import metrics
from notifications.stream import packing
from notifications.stream.messages import Entry, Loaded
from notifications.wire import contract, opaque_ids, serializers
from notifications.wire.frames import Cursor


@dataclass(frozen=True, slots=True)
class Ask:
    """An inbox, from a cursor on; without one: a snapshot.

    Of changes that take more than ``most_bytes``, the later ones are left out.
    """

    inbox_id: int
    cursor: Cursor | None
    most_bytes: float = math.inf


def catch_up(asks: Sequence[Ask]) -> list[Loaded | None]:
    """Answer all asks, in their order, from one statement.

    Returns: None for an inbox that is not there any more, as when its user was deleted.
    Raises: DatabaseError
    """
    with metrics.timed(metrics.catch_up):
        # The sockets of one user, or the same one's again: asked and encoded once.
        different = list(dict.fromkeys(asks))
        rows, encode = _read(different), _Encoder()
        answers = {
            ask: _loaded(ask, rows[n], encode) for n, ask in enumerate(different) if n in rows
        }
        return [answers.get(ask) for ask in asks]


# --- The statement --------------------------------------------------------------------------------

_HEAD = (
    "n",
    "how",
    "user_id",
    "revision",
    "unread_count",
    "unseen_count",
    "preferences_revision",
    "epoch_secret",
    "user_secret",
)
_TABLES = {
    "inbox": Inbox._meta.db_table,
    "item": InboxItem._meta.db_table,
    "notification": Notification._meta.db_table,
    "epoch": Epoch._meta.db_table,
    "listed": " AND ".join(f"s.{column} IS NULL" for column in LISTED),
    "head": ", ".join(f"h.{column}" for column in _HEAD),
    "columns": ", ".join(
        [f"i.{name}" for name in serializers.ITEM]
        + [f"c.{name}" for name in serializers.CONTENT[:-1]]
    ),
    "of_item": ", ".join(f"s.{name}" for name in serializers.ITEM),
    "preview": contract.BODY_PREVIEW_LENGTH + 1,
    "most": contract.CHANGES_MAX_COUNT + 1,
    "newest": contract.SNAPSHOT_SIZE + 1,
}

# How each ask is to be answered. A client's cursor counts in one epoch only, which the asks name.
# MATERIALIZED: SQLite would count the changes anew for each row that is joined.
_HEADS = """
heads AS MATERIALIZED (
    SELECT a.n, a.since, b.id AS inbox_id, b.user_id, b.revision, b.unread_count, b.unseen_count,
           b.preferences_revision, e.epoch_secret, e.user_secret,
           CASE WHEN a.since IS NULL OR e.epoch_secret <> %s
                     OR a.since > b.revision THEN 'snapshot'
                WHEN a.since = b.revision THEN 'head'
                WHEN (SELECT count(*) FROM (SELECT 1 FROM {item} s
                      WHERE s.inbox_id = b.id AND s.revision > a.since LIMIT {most}) few
                     ) = {most} THEN 'snapshot'
                ELSE 'changes' END AS how
    FROM asks a JOIN {inbox} b ON b.id = a.inbox_id CROSS JOIN {epoch} e
)"""
_CHANGED = """FROM {item} s
    WHERE h.how = 'changes' AND s.inbox_id = h.inbox_id AND s.revision > h.since"""
_NEWEST = """FROM {item} s
    WHERE h.how = 'snapshot' AND s.inbox_id = h.inbox_id AND {listed}
    ORDER BY s.arrived_revision DESC LIMIT {newest}"""
# ruff: noqa: S608 (put together from constants of this module)
_SQLITE = (
    """WITH asks AS MATERIALIZED (
    SELECT key AS n, json_extract(value, '$[0]') AS inbox_id, json_extract(value, '$[1]') AS since
    FROM json_each(%s)
), """
    + _HEADS
    + """
SELECT {head}, {columns}, SUBSTR(c.body, 1, {preview})
FROM heads h
LEFT JOIN {item} i ON i.id IN (SELECT s.id """
    + _CHANGED
    + " UNION ALL SELECT * FROM (SELECT s.id "
    + _NEWEST
    + """))
LEFT JOIN {notification} c ON c.id = i.notification_id"""
)
_POSTGRESQL = (
    """WITH asks AS MATERIALIZED (
    SELECT a.n - 1 AS n, a.inbox_id, a.since
    FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY a(inbox_id, since, n)
), """
    + _HEADS
    + """
SELECT {head}, {columns}, LEFT(c.body, {preview})
FROM heads h
LEFT JOIN LATERAL ((SELECT {of_item} """
    + _CHANGED
    + " LIMIT {most}) UNION ALL (SELECT {of_item} "
    + _NEWEST
    + """)) i ON true
LEFT JOIN {notification} c ON c.id = i.notification_id"""
)
_SQL = {
    vendor: text.format_map(_TABLES)
    for vendor, text in (("sqlite", _SQLITE), ("postgresql", _POSTGRESQL))
}

_USER_FIELDS = [Inbox._meta.get_field("user")]
_ITEM_FIELDS = [InboxItem._meta.get_field(name) for name in serializers.ITEM]
_CONTENT_FIELDS = [Notification._meta.get_field(name) for name in serializers.CONTENT]

Row = tuple[Any, ...]

# The epoch's, as this process has read it last.
_read_secret = ""


def _read(asks: Sequence[Ask]) -> dict[int, list[Row]]:
    """The statement's rows by the number of their ask.

    Raises: DatabaseError, Epoch.DoesNotExist
    """
    global _read_secret  # noqa: PLW0603
    # Which epoch a cursor means only we can tell, and the one that was read last is still the
    # present one, nearly always: the statement looks. Where it is another, it would answer
    # everybody with a snapshot, also those who know the new one: they are asked for again.
    secret = _read_secret or Epoch.objects.get().epoch_secret
    rows = _executed(asks, secret)
    if rows:
        _read_secret = rows[0][_HEAD.index("epoch_secret")]
    else:  # where there is no epoch, as while tables are emptied, nobody has gone
        _read_secret = Epoch.objects.get().epoch_secret
    if _read_secret != secret:
        rows = _executed(asks, _read_secret)
    by_number: dict[int, list[Row]] = {}
    for row in rows:
        by_number.setdefault(row[0], []).append(row)
    return by_number


def _executed(asks: Sequence[Ask], secret: str) -> list[Row]:
    named = _parameters([(ask.inbox_id, _since(ask, secret)) for ask in asks])
    with connection.cursor() as cursor:
        cursor.execute(_SQL[connection.vendor], (*named, secret))
        rows: list[Row] = cursor.fetchall()
    return rows


def _parameters(named: Sequence[tuple[int, int | None]]) -> tuple[Any, ...]:
    """Inboxes and their cursors, as the statement takes them."""
    if connection.vendor == "sqlite":
        return (json.dumps(named),)
    # Arrays, since PostgreSQL sees how many there are. Of a list in JSON it expects a hundred, and
    # then rather reads ten thousand inboxes than to look for one.
    return [inbox_id for inbox_id, _ in named], [since for _, since in named]


def _since(ask: Ask, epoch_secret: str) -> int | None:
    if ask.cursor is None or ask.cursor.epoch != opaque_ids.opaque(epoch_secret, ask.inbox_id):
        return None
    return ask.cursor.since


# --- Its rows -------------------------------------------------------------------------------------


class _Encoder:
    """Encodes notifications; the content of one that is in many inboxes once."""

    def __init__(self) -> None:
        self._contents: dict[int, bytes] = {}

    def __call__(self, item: dict[str, Any], content: Row) -> bytes:
        pk = item["notification_id"]
        if pk not in self._contents:
            (values,) = sql.python_values(_CONTENT_FIELDS, [content])
            shown = serializers.content(pk, dict(zip(serializers.CONTENT, values, strict=True)))
            self._contents[pk] = serializers.members(shown)
        return b"{%s,%s}" % (serializers.members(serializers.item(item)), self._contents[pk])


def _loaded(ask: Ask, rows: Sequence[Row], encode: _Encoder) -> Loaded:
    head = dict(zip(_HEAD, rows[0], strict=False))
    how, user_id, epoch_secret = head["how"], head["user_id"], head["epoch_secret"]
    # As the ORM has it: a UUID may lie in a column of text.
    ((user_key,),) = sql.python_values(_USER_FIELDS, [[user_id]])
    loaded = Loaded(
        user=opaque_ids.opaque(head["user_secret"], user_key),
        epoch=opaque_ids.opaque(epoch_secret, ask.inbox_id),
        epoch_tag=epoch_tag(epoch_secret),
        revision=head["revision"],
        unread=head["unread_count"],
        unseen=head["unseen_count"],
    )
    items = _items(rows)
    if how == "snapshot":
        items.sort(key=lambda pair: pair[0]["arrived_revision"], reverse=True)
        shown = items[: contract.SNAPSHOT_SIZE]
        listed = tuple(encode(item, content) for item, content in shown)
        arrived = tuple(item["arrived_revision"] for item, _ in shown)
        return replace(loaded, listed=listed, arrived=arrived, more=len(items) > len(shown))
    assert ask.cursor is not None  # noqa: S101 (without one the statement says snapshot)
    items.sort(key=lambda pair: (pair[0]["revision"], pair[0]["arrived_revision"]))
    # Encoded one by one: who is far behind reads what is left once this was sent, and so on. To
    # encode all that is left each time would be as much work as its square.
    entries = (
        Entry(
            revision=item["revision"],
            id=str(item["notification_id"]),
            encoded=None if item["removed_at"] is not None else encode(item, content),
        )
        for item, content in items
    )
    changes, more = packing.first(entries, ask.most_bytes)
    since = ask.cursor.since
    is_chosen = head["preferences_revision"] > since
    return replace(loaded, since=since, changes=changes, more=more, preferences=is_chosen)


def _items(rows: Sequence[Row]) -> list[tuple[dict[str, Any], Row]]:
    """Each item by its columns' names, and the values of its content as the database gave them."""
    first, second = len(_HEAD), len(_HEAD) + len(serializers.ITEM)
    # The head of an inbox without items stands in a row of its own, with NULLs beside it.
    with_item = [row for row in rows if row[first] is not None]
    items = sql.python_values(_ITEM_FIELDS, [row[first:second] for row in with_item])
    pairs = [
        (dict(zip(serializers.ITEM, item, strict=True)), row[second:])
        for item, row in zip(items, with_item, strict=True)
    ]
    return [pair for pair in pairs if serializers.has_place(pair[0])]
