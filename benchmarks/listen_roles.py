"""Who sends, and who writes beside it, for ``benchmarks.listen``: processes with Django set up."""

from __future__ import annotations

import argparse
import json
import logging
import random
import time
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
    """Change what is in an inbox, by its next revision."""
    from django.db import connection, transaction  # noqa: PLC0415

    from notifications.models import Inbox, InboxItem  # noqa: PLC0415
    from notifications.models.inbox import InboxNow  # noqa: PLC0415
    from notifications.sending.signals import Edited, inboxes_changed  # noqa: PLC0415

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH moved AS (UPDATE {Inbox._meta.db_table} SET revision = revision + 1 "
                "WHERE id = %s RETURNING id, revision) "
                f"UPDATE {InboxItem._meta.db_table} i SET revision = moved.revision FROM moved "
                "WHERE i.inbox_id = moved.id RETURNING i.revision",
                [pk],
            )
            revision = cursor.fetchone()[0]
        inboxes_changed.send(None, changes=[Edited([InboxNow(pk, revision, 1, 1)])])
    return user, revision, time.monotonic()


def _notify_within(changes: Any, **_kwargs: Any) -> None:
    from django.db import connection  # noqa: PLC0415

    from notifications.push import installation, wakes  # noqa: PLC0415

    channel = wakes.channel(installation.here().group)
    inboxes = {inbox.inbox_id for change in changes for inbox in change.inboxes}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [channel, wakes.payload(inboxes)])


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
