"""Stores notifications to a few people, with their items, by one statement (PostgreSQL).

``at_once.store`` does it by eight, with a transaction around them: ten times there and back, and of
a send most of the time was that. A statement outside of a transaction is one by itself. It is for
the plain case; of anything else it stores nothing and says so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from notifications.models import Inbox, InboxItem, InboxRule, Notification, Status, audiences, sql
from notifications.models.inbox import InboxNow
from notifications.preferences import skipping
from notifications.sending.signals import Arrived

# In the order of the columns of ``locked``.
_OF_INBOX = (
    "user_id",
    "pk",
    "revision",
    "unread_count",
    "unseen_count",
    "preferences_revision",
)
# Told by it that a key is waited for no longer than others' inboxes may stay locked for that.
_WAITS = "50ms"


def is_possible() -> bool:
    """Whether this is the database for it, and there is no transaction that it would be part of."""
    return connection.vendor == "postgresql" and not connection.in_atomic_block


def store(rows: Sequence[Notification]) -> list[Arrived] | None:
    """Store valid rows to chosen users, in their order; they are committed then.

    Returns: what has arrived; None: nothing is stored, since somebody is not active, has no inbox,
        has one that is locked, or has a rule that may keep one of them out.
    Raises: DatabaseError
    """
    rules = _rules(rows)
    if rules is None:
        return None
    members = [audiences.ChosenUsers(row.audience_ids, "").keys() for row in rows]
    user_ids = {pk for theirs in members for pk in theirs}
    at = timezone.now()
    for row, theirs in zip(rows, members, strict=True):
        row.status = Status.SENT
        row.recipient_count = row.item_count = len(theirs)
    found = _execute(rows, user_ids, rules, at)
    if not found:
        return None
    arrived = [Arrived(row, at, []) for row in rows]
    for n, pk, last, *inbox in found:
        row = rows[n]
        row.pk, row.cursor, row.upto = pk, last, last
        row._state.adding, row._state.db = False, connection.alias
        inboxes: Any = arrived[n].inboxes
        inboxes.append(InboxNow._make(inbox))
    return arrived


def _rules(rows: Sequence[Notification]) -> set[tuple[str, str]] | None:
    """Those that may keep one of the rows out; None: somebody who has none may be left out, too."""
    rules: set[tuple[str, str]] = set()
    for row in rows:
        theirs = skipping.keeping_out(row)
        if theirs is None:
            return None
        rules.update(theirs)
    return rules


def _execute(
    rows: Sequence[Notification],
    user_ids: set[Any],
    rules: set[tuple[str, str]],
    at: datetime,
) -> list[tuple[Any, ...]]:
    users = get_user_model()
    # Made anew where a manager of the project's says who is there.
    making = _made_once if sql.is_plain(users) else _made
    locking, statement = making(users)
    params = locking.params(user_ids=sql.listed(users._meta.pk, user_ids))
    said = json.dumps([_columns(n, row) for n, row in enumerate(rows)], default=datetime.isoformat)
    kinds, values = [str(kind) for kind, _ in rules], [value for _, value in rules]
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            [said, *params, len(user_ids), kinds, values, _WAITS, at],
        )
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _columns(n: int, row: Notification) -> dict[str, Any]:
    """What the row's columns are to say; in place of its key stands which one it is."""
    said: dict[str, Any] = {}
    for field in _fields():
        value = field.pre_save(row, add=True)
        is_json = field.get_internal_type() == "JSONField"
        said[field.column] = value if is_json else field.get_prep_value(value)
    return {**said, "id": n}


@cache
def _fields() -> list[Any]:
    """All but the key and what only the database knows."""
    left_out = {"id", "cursor", "upto"}
    return [one for one in Notification._meta.concrete_fields if one.attname not in left_out]


def _made(users: type[Any]) -> tuple[sql.Question, str]:
    """Which inboxes are locked, and the statement that does that."""
    locking = sql.Question(
        lambda user_ids: (
            audiences.Everyone()
            .inboxes(Inbox.objects.filter(user__among=user_ids))
            .order_by("pk")
            .values_list(*_OF_INBOX)
        ),
        user_ids=sql.ANY,
    )
    columns = [str(field.column) for field in _fields()]
    return locking, _STATEMENT.format(
        notifications=Notification._meta.db_table,
        columns=", ".join(columns),
        said=", ".join(f"said.{column}" for column in columns),
        inboxes=Inbox._meta.db_table,
        items=InboxItem._meta.db_table,
        rules=InboxRule._meta.db_table,
        key=sql.kind_of_key(users),
        locked=locking.sql,
    )


_made_once = cache(_made)


# All that follows ``allowed`` is done where that has a row, and only there. An inbox is read as it
# is once it is locked; rules are read as they were when the statement began: whoever has changed
# theirs in between is known by ``preferences_revision``.
_STATEMENT = """
WITH said AS MATERIALIZED (
  SELECT id AS n, nextval(pg_get_serial_sequence('{notifications}', 'id')) AS pk, {columns}
  FROM json_populate_recordset(NULL::{notifications}, %s::json)
), member AS MATERIALIZED (
  SELECT n, pk, one::{key} AS user_id, place
  FROM said, jsonb_array_elements_text(audience_ids) WITH ORDINALITY AS members(one, place)
), locked (user_id, id, revision, unread, unseen, preferences_revision) AS MATERIALIZED (
  {locked} FOR NO KEY UPDATE SKIP LOCKED
), allowed AS MATERIALIZED (
  SELECT max(id) AS last FROM locked
  HAVING count(*) = %s
  AND NOT EXISTS (
    SELECT 1 FROM locked JOIN {inboxes} seen USING (id)
    WHERE seen.preferences_revision <> locked.preferences_revision
  ) AND NOT EXISTS (
    SELECT 1 FROM locked JOIN {rules} rule ON rule.inbox_id = locked.id
    JOIN unnest(%s::text[], %s::text[]) AS asked(kind, value) USING (kind, value)
  ) AND set_config('lock_timeout', %s, true) <> ''
), arrived AS MATERIALIZED (
  SELECT n, pk, place, last, id AS inbox_id, revision + k AS revision,
    unread + k AS unread, unseen + k AS unseen
  FROM (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY n) AS k
    FROM member JOIN locked USING (user_id)
  ) counted, allowed
), moved AS (
  UPDATE {inboxes} SET revision = now.revision, unread_count = now.unread, unseen_count = now.unseen
  FROM (
    SELECT inbox_id, max(revision) AS revision, max(unread) AS unread, max(unseen) AS unseen
    FROM arrived GROUP BY inbox_id
  ) now WHERE id = now.inbox_id
), stored AS (
  INSERT INTO {notifications} (id, cursor, upto, {columns})
  SELECT said.pk, last, last, {said} FROM said, allowed ORDER BY n
), put AS (
  INSERT INTO {items}
    (inbox_id, notification_id, revision, arrived_revision, arrived_at, woken)
  SELECT inbox_id, pk, revision, revision, %s, false FROM arrived ORDER BY pk, inbox_id
)
SELECT n, pk, last, inbox_id, revision, unread, unseen FROM arrived ORDER BY n, place
"""
