"""How long a dispatch to many recipients takes, and how long others wait for their turn meanwhile.

``python -m benchmarks.dispatch --recipients 100000 --runs 3`` measures on a new SQLite file and on
a private PostgreSQL server: a dispatch as the product does it, the same without its pauses, and
beside them what one would write with the ORM alone: inboxes updated with F(), items by bulk_create,
1,000 at a time. Meanwhile another process acts and sends at a fixed rate; a wait is counted from
the moment when the act was due, so that none is hidden by the one before it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks import harness, machine
from benchmarks.statements import profile
from notifications.management.comparison.results import percentile

CHUNK_SIZE = 1_000
# Acts and sends per second of the other process.
RATE = 20
# Seconds for 100,000 recipients, and what another process may wait meanwhile, 99 times in 100.
BUDGET_S = {"sqlite": 4.0, "postgresql": 3.0}
BUDGET_WAIT_MS = 100.0
# Seconds for which it runs alone, to know what it costs when nobody else writes.
ALONE_S = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--database", choices=["sqlite", "postgresql"], action="append", help="may be repeated"
    )
    parser.add_argument(
        "--profile", action="store_true", help="also say how long each statement of a chunk takes"
    )
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    parser.add_argument("--role", choices=["parent", "measure", "write"], default="parent")
    options = parser.parse_args()
    if options.role == "parent":
        _run_on_each_database(options)
        return
    import django  # noqa: PLC0415 (its settings come from the environment that the parent made)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if options.role == "measure":
        _measure(options)
    else:
        _write_until_told_to_stop()


def _run_on_each_database(options: argparse.Namespace) -> None:
    for name in options.database or ["sqlite", "postgresql"]:
        with _database(name) as url:
            subprocess.run(_command("measure", *sys.argv[1:]), env=_environment(url), check=True)


@contextmanager
def _database(name: str) -> Iterator[str]:
    with ExitStack() as stack:
        if name == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-"))
            yield f"sqlite:///{folder}/db.sqlite3"
        else:
            from tests.support import postgresql  # noqa: PLC0415 (it needs psycopg)

            server = stack.enter_context(postgresql.private_postgresql())
            yield postgresql.create_database(server, "benchmark")


def _command(role: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.dispatch", "--role", role, *arguments]


def _environment(url: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NOTIFICATIONS_")}
    return {**kept, "DATABASE_URL": url, "SECRET_KEY": "x" * 50}


# --- Measuring ------------------------------------------------------------------------------------


def _measure(options: argparse.Namespace) -> None:
    from django.db import connection  # noqa: PLC0415

    _make_users(options.recipients)
    # Once unmeasured, as the first of all also reads everything from the disk.
    _dispatch(options.recipients)
    variants: dict[str, Callable[[int], float]] = {"dispatch": _dispatch}
    if connection.vendor == "sqlite":
        variants["dispatch without its pauses"] = _dispatch_without_pauses
    variants["F() and bulk_create"] = _dispatch_by_orm
    took, waited = _tables(options.recipients, connection.vendor)
    waits: list[float] = []
    with _other_process(waits):
        time.sleep(ALONE_S)
    waited.add("nobody else", 1000 * percentile(waits, 0.99))
    for run in range(options.runs):
        # In turns, and in another order each time: the machine's speed drifts, and tables grow.
        for name in list(variants)[run % len(variants) :] + list(variants)[: run % len(variants)]:
            took.add(name, variants[name](options.recipients))
    for name, variant in variants.items():
        # Of what it is compared with once will do.
        for _ in range(options.runs if name == "dispatch" else 1):
            waits = []
            with _other_process(waits):
                variant(options.recipients)
            waited.add(name, 1000 * percentile(waits, 0.99))
    described = machine.describe(_version())
    harness.keep(options.results, f"dispatch-{connection.vendor}", described, [took, waited])
    if options.profile:
        profile(_dispatch, options.recipients)


def _tables(count: int, vendor: str) -> tuple[harness.Table, harness.Table]:
    """What it takes, and what others wait meanwhile."""
    whom = f"A notification to {count:,} people, {vendor}"
    took = harness.Table(
        whom, "s", "F() and bulk_create",
        budgets={"dispatch": BUDGET_S[vendor] * count / 100_000},
    )  # fmt: skip
    waited = harness.Table(
        f"{whom}: what another process waits, {RATE} acts and sends a second", "ms, p99",
        budgets={"dispatch": BUDGET_WAIT_MS},
    )  # fmt: skip
    return took, waited


def _version() -> str:
    import django  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT 'SQLite ' || sqlite_version()")
        else:
            cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    name = version if connection.vendor == "sqlite" else f"PostgreSQL {version}"
    return f"{name}, Django {django.__version__}"


def _make_users(count: int) -> None:
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from notifications.models import Inbox  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    users = get_user_model()
    made = [users(username=f"user {number}", password="!") for number in range(count)]
    users.objects.bulk_create(made, batch_size=CHUNK_SIZE)
    Inbox.objects.ensure(users.objects.all())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")


def _accepted(count: int) -> Any:
    """A notification to everyone that nobody has begun to dispatch."""
    from notifications.models import audiences  # noqa: PLC0415
    from notifications.sending import acts as sending_acts  # noqa: PLC0415
    from notifications.wire.message import Message  # noqa: PLC0415

    notification = sending_acts.send(Message("Hello"), audience=audiences.Everyone()).notification
    assert notification.recipient_count == count
    return notification


def _dispatch(count: int) -> float:
    from notifications.sending.dispatch import Dispatch  # noqa: PLC0415

    notification = _accepted(count)
    started = time.perf_counter()
    assert Dispatch(notification.pk).run()
    took = time.perf_counter() - started
    assert notification.items.count() == count
    return took


def _dispatch_without_pauses(count: int) -> float:
    from notifications.sending import jobs  # noqa: PLC0415

    with mock.patch.object(jobs, "pause"):
        return _dispatch(count)


def _dispatch_by_orm(count: int) -> float:
    from django.db import transaction  # noqa: PLC0415
    from django.db.models import F  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from notifications.models import ChangeCounter, Inbox, InboxItem  # noqa: PLC0415

    notification = _accepted(count)
    started = time.perf_counter()
    pks = list(Inbox.objects.filter(user__is_active=True).values_list("pk", flat=True))
    for first in range(0, len(pks), CHUNK_SIZE):
        with transaction.atomic():
            inboxes = Inbox.objects.filter(pk__in=pks[first : first + CHUNK_SIZE])
            inboxes.update(
                revision=F("revision") + 1,
                unread_count=F("unread_count") + 1,
                unseen_count=F("unseen_count") + 1,
                change_seq=ChangeCounter.next("default"),
            )
            InboxItem.objects.bulk_create(
                [
                    InboxItem(
                        inbox_id=pk,
                        notification=notification,
                        revision=revision,
                        arrived_revision=revision,
                        arrived_at=timezone.now(),
                    )
                    for pk, revision in inboxes.values_list("pk", "revision")
                ]
            )
    type(notification).objects.filter(pk=notification.pk).update(status="sent")
    took = time.perf_counter() - started
    assert notification.items.count() == count
    return took


# --- The other process ----------------------------------------------------------------------------


@contextmanager
def _other_process(waits: list[float]) -> Iterator[None]:
    """Let another process act and send meanwhile; its waits in seconds are added to ``waits``."""
    with subprocess.Popen(
        _command("write"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
        process.stdin.close()
        waits += json.loads(process.stdout.read())
    assert process.returncode == 0


def _write_until_told_to_stop() -> None:
    import select  # noqa: PLC0415

    from django.contrib.auth import get_user_model  # noqa: PLC0415

    from notifications.inbox import acts as inbox_acts  # noqa: PLC0415
    from notifications.models import InboxItem, audiences  # noqa: PLC0415
    from notifications.sending import acts as sending_acts  # noqa: PLC0415
    from notifications.wire.message import Message  # noqa: PLC0415

    every = max(1, get_user_model().objects.count() // 97)
    pks = list(get_user_model().objects.order_by("pk").values_list("pk", flat=True)[::every])
    newest = (
        InboxItem.objects.filter(inbox__user=pks[0])
        .order_by("-pk")
        .values_list("notification_id", flat=True)[0]
    )
    acts: list[Callable[[int], Any]] = [
        lambda pk: sending_acts.send(Message("You"), audience=audiences.ChosenUsers([pk], "one")),
        lambda pk: inbox_acts.mark_read(pk, inbox_acts.Chosen({newest})),
        lambda pk: inbox_acts.mark_unread(pk, inbox_acts.Chosen({newest})),
    ]
    for act in acts:
        act(pks[0])  # the first of each takes longer, as Django makes its statements
    print("ready", flush=True)
    waits = []
    begun = time.perf_counter()
    while not select.select([sys.stdin], [], [], 0)[0]:
        due = begun + len(waits) / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        acts[len(waits) % len(acts)](pks[len(waits) // len(acts) % len(pks)])
        waits.append(time.perf_counter() - due)
    print(json.dumps(waits))


if __name__ == "__main__":
    main()
