"""Who sends, and who writes beside it, for ``benchmarks.listen``: processes with Django set up."""

from __future__ import annotations

import argparse
import json
import logging
import random
import time
from functools import cache
from typing import Any


def send(options: argparse.Namespace) -> None:
    """Send by the clock; what was sent and when it was committed, on standard output."""
    from notifications.models import Inbox  # noqa: PLC0415
    from notifications.sending.signals import inboxes_changed  # noqa: PLC0415

    column = "user_id" if options.real else "pk"
    pks = list(Inbox.objects.order_by("pk").values_list(column, flat=True))
    if options.mode == "within":
        inboxes_changed.connect(_notify_within)
    act = _send_really if options.real else _change
    committed, began_at = [], time.monotonic()
    for number in range(round(options.rate * options.seconds)):
        if time.monotonic() > began_at + options.seconds:
            break
        time.sleep(max(0.0, began_at + number / options.rate - time.monotonic()))
        user = random.randrange(len(pks))
        committed.append(act(user, pks[user], f"{options.mode} {options.passes} {number}"))
    print(json.dumps(committed))


def _send_really(user: int, pk: int, title: str) -> tuple[int, str, float]:
    from notifications.models import audiences  # noqa: PLC0415
    from notifications.sending import acts  # noqa: PLC0415
    from notifications.wire.message import Message  # noqa: PLC0415

    logging.getLogger(acts.__name__).setLevel(logging.WARNING)
    acts.send(Message(title), audience=audiences.ChosenUsers([pk], "one"))
    return user, title, time.monotonic()


def _change(user: int, pk: int, _title: str) -> tuple[int, int, float]:
    """Let a notification arrive: what a send writes, by one statement and not by the ORM."""
    from django.db import connection, transaction  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from notifications.models.inbox import InboxNow  # noqa: PLC0415
    from notifications.sending.signals import Arrived, inboxes_changed  # noqa: PLC0415

    notification, sql = _template()
    now = timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql, [pk, now])
            notification.pk, revision, unread, unseen = cursor.fetchone()
        inbox = InboxNow(pk, revision, unread, unseen)
        inboxes_changed.send(None, changes=[Arrived(notification, now, [inbox])])
    return user, revision, time.monotonic()


@cache
def _template() -> tuple[Any, str]:
    """The notification that all have got, of which copies are sent; and the SQL that does so."""
    from notifications.models import Inbox, InboxItem, Notification  # noqa: PLC0415

    notification = Notification.objects.earliest("pk")
    columns = [field.column for field in Notification._meta.concrete_fields[1:]]
    unlike = {"idempotency_scope": "''", "idempotency_key": "NULL"}
    copied = [unlike.get(column, column) for column in columns]
    return (
        notification,
        f"""
        WITH moved AS (
            UPDATE {Inbox._meta.db_table} SET revision = revision + 1,
                unread_count = unread_count + 1, unseen_count = unseen_count + 1
            WHERE id = %s RETURNING id, revision, unread_count, unseen_count
        ), said AS (
            INSERT INTO {Notification._meta.db_table} ({", ".join(columns)})
            SELECT {", ".join(copied)} FROM {Notification._meta.db_table}
            WHERE id = {notification.pk} RETURNING id
        ), put AS (
            INSERT INTO {InboxItem._meta.db_table}
                (inbox_id, notification_id, revision, arrived_revision, arrived_at, woken)
            SELECT moved.id, said.id, moved.revision, moved.revision, %s, false FROM moved, said
        )
        SELECT said.id, moved.revision, moved.unread_count, moved.unseen_count FROM said, moved
    """,
    )


def _notify_within(changes: Any, **_kwargs: Any) -> None:
    from django.db import connection  # noqa: PLC0415

    from notifications.push import hints, wakes  # noqa: PLC0415

    by_channel: dict[str, wakes.Told] = {}
    for group, event in hints.bulk(changes):
        name, inbox_id = hints.told_by(group)
        by_channel.setdefault(wakes.channel(name), wakes.Told()).carry(inbox_id, event)
    with connection.cursor() as cursor:
        for channel, told in by_channel.items():
            for payload in told.payloads():
                cursor.execute("SELECT pg_notify(%s, %s)", [channel, payload])


def write(options: argparse.Namespace) -> None:
    """Commit again and again; how often a second. Beside a sender (number 0) it tells nobody."""
    import psycopg  # noqa: PLC0415

    from notifications.push import direct, notifier  # noqa: PLC0415

    channel, is_own = "benchmark", options.number > 0
    with psycopg.connect(**direct.of_django()) as writer:
        writer.execute(
            "CREATE TABLE IF NOT EXISTS benchmark_rows (id int PRIMARY KEY, n int NOT NULL)"
        )
        writer.execute(
            "INSERT INTO benchmark_rows VALUES (%s, 0) ON CONFLICT DO NOTHING", [options.number]
        )
        writer.commit()
        count, began_at = 0, time.monotonic()
        while time.monotonic() < began_at + options.seconds:
            writer.execute("UPDATE benchmark_rows SET n = n + 1 WHERE id = %s", [options.number])
            if is_own and options.mode == "within":
                writer.execute("SELECT pg_notify(%s, %s)", [channel, str(count)])
            writer.commit()
            if is_own and options.mode == "after":
                notifier.wake(channel, {count})
            count += 1
        print(count / (time.monotonic() - began_at))
