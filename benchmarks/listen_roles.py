"""Who sends, and who writes beside it, for ``benchmarks.listen``: processes with Django set up."""

from __future__ import annotations

import argparse
import json
import logging
import random
import time
from typing import Any


def send(options: argparse.Namespace) -> None:
    """Send by the clock; to whom, which revision that was, and when it was committed, on standard
    output."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    from benchmarks.changes import Changes  # noqa: PLC0415
    from notifications.sending import acts  # noqa: PLC0415
    from notifications.sending.signals import inboxes_changed  # noqa: PLC0415

    logging.getLogger(acts.__name__).setLevel(logging.WARNING)
    pks = list(get_user_model().objects.order_by("pk").values_list("pk", flat=True))
    if options.mode == "within":
        inboxes_changed.connect(_notify_within)
    changes = Changes(pks)
    act = changes.send if options.real else changes.write
    committed, began_at = [], time.monotonic()
    for number in range(round(options.rate * options.seconds)):
        if time.monotonic() > began_at + options.seconds:
            break
        time.sleep(max(0.0, began_at + number / options.rate - time.monotonic()))
        ((user, revision),), at = act([random.randrange(len(pks))])
        committed.append((user, revision, at))
    print(json.dumps(committed))


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
