"""Lets notifications arrive at one inbox each: as a sender does, or by few statements."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from notifications.models import ChangeCounter, Inbox, InboxItem, Notification, audiences
from notifications.models.inbox import InboxNow
from notifications.sending import acts
from notifications.sending.signals import Arrived, inboxes_changed
from notifications.wire.message import Message

_MOVE = "revision = revision + 1, unread_count = unread_count + 1, unseen_count = unseen_count + 1"
_ITEM = (
    f"INSERT INTO {InboxItem._meta.db_table}"
    " (inbox_id, notification_id, revision, arrived_revision, arrived_at, woken)"
)


Written = tuple[int, int]
"""A user, by number, and the revision that its inbox has taken."""


class Changes:
    """Of inboxes of some users. Args: user_ids: of all of them."""

    def __init__(self, user_ids: Sequence[Any]) -> None:
        Inbox.objects.ensure_of(list(user_ids))
        inboxes = dict(Inbox.objects.values_list("user_id", "pk"))
        self._users = user_ids
        self._pks = [inboxes[user_id] for user_id in user_ids]
        self._numbers = {pk: number for number, pk in enumerate(self._pks)}
        self._committed_at = 0.0

    def send(self, numbers: Sequence[int]) -> tuple[list[Written], float]:
        """Send to each of some users, and when all that was accepted (monotonic seconds)."""
        with self._noted():
            for number in numbers:
                one = audiences.ChosenUsers([self._users[number]], "one")
                acts.send(Message("For you"), audience=one)
        pks = [self._pks[number] for number in numbers]
        rows = Inbox.objects.filter(pk__in=pks).values_list("pk", "revision")
        return [(self._numbers[pk], revision) for pk, revision in rows], self._committed_at

    def write(self, numbers: Sequence[int]) -> tuple[list[Written], float]:
        """The same by what a send writes, and not by the ORM; all of them other users."""
        now, template = timezone.now(), self._template
        write = _on_sqlite if connection.vendor == "sqlite" else _on_postgresql
        with self._noted():
            rows = write(self._copy, [self._pks[number] for number in numbers], now)
            arrived = []
            for notification_id, *inbox in rows:
                one = copy.copy(template)
                one.pk = notification_id
                arrived.append(Arrived(one, now, [InboxNow(*inbox)]))
            inboxes_changed.send(None, changes=arrived)
        return [(self._numbers[row[1]], row[2]) for row in rows], self._committed_at

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """A transaction whose commit is noted before anybody is told of it."""
        with transaction.atomic():
            transaction.on_commit(self._note)
            yield

    def _note(self) -> None:
        self._committed_at = time.monotonic()

    @cached_property
    def _template(self) -> Notification:
        """A notification of which copies are sent."""
        one = audiences.ChosenUsers([self._users[0]], "one")
        return acts.send(Message("For you"), audience=one).notification

    @cached_property
    def _copy(self) -> str:
        """The SQL that does so, once for each row of ``copies``."""
        columns = [field.column for field in Notification._meta.concrete_fields[1:]]
        unlike = {"idempotency_scope": "''", "idempotency_key": "NULL"}
        copied = ", ".join(unlike.get(column, column) for column in columns)
        table = Notification._meta.db_table
        return (
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {copied} FROM {table}, copies"
            f" WHERE id = {self._template.pk} RETURNING id"
        )


def _on_postgresql(copied: str, pks: list[int], now: Any) -> list[Any]:
    """Notification, inbox, its revision and its counts, of each."""
    sql = f"""
        WITH copies AS (SELECT generate_series(1, %s)), moved AS (
            UPDATE {Inbox._meta.db_table} SET {_MOVE}
            WHERE id = ANY(%s) RETURNING id, revision, unread_count, unseen_count
        ), said AS ({copied}),
        numbered AS (SELECT *, row_number() OVER () AS n FROM moved),
        paired AS (
            SELECT said.id AS notification_id, numbered.* FROM numbered
            JOIN (SELECT id, row_number() OVER () AS n FROM said) said USING (n)
        ), put AS (
            {_ITEM} SELECT id, notification_id, revision, revision, %s, false FROM paired
        )
        SELECT notification_id, id, revision, unread_count, unseen_count FROM paired
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [len(pks), pks, now])
        return list(cursor.fetchall())


def _on_sqlite(copied: str, pks: list[int], now: Any) -> list[Any]:
    change_seq = ChangeCounter.next("default")
    rows = []
    with connection.cursor() as cursor:
        for pk in pks:
            cursor.execute(
                f"UPDATE {Inbox._meta.db_table} SET {_MOVE}, change_seq = %s WHERE id = %s"
                " RETURNING revision, unread_count, unseen_count",
                [change_seq, pk],
            )
            ((revision, *counts),) = cursor.fetchall()
            cursor.execute(copied.replace(", copies", ""))
            ((notification_id,),) = cursor.fetchall()
            cursor.execute(
                f"{_ITEM} VALUES (%s, %s, %s, %s, %s, false)",
                [pk, notification_id, revision, revision, now],
            )
            rows.append((notification_id, pk, revision, *counts))
    return rows
