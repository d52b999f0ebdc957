"""How long a dispatch to many recipients takes, and how long others wait for their turn meanwhile.

``python -m benchmarks.dispatch --recipients 100000 --rounds 3`` measures on a new SQLite file and
on a private PostgreSQL server: a dispatch as the product does it, the same without its pauses, and
beside them what one would write with the ORM alone: inboxes updated with F(), items by bulk_create,
1,000 at a time. What was dispatched is edited then, and taken out of all inboxes, which is to take
no longer than its dispatch did. Meanwhile another process acts and sends at a fixed rate; a wait is
counted from the moment when the act was due, so that none is hidden by the one before it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from benchmarks import harness, machine
from benchmarks.dispatch_writer import RATE, write_until_told_to_stop, writing
from benchmarks.statements import profile
from notifications.management.comparison.results import percentile

if TYPE_CHECKING:
    from notifications.sending.jobs import ChunkedJob

CHUNK_SIZE = 1_000
# Seconds for 100,000 recipients, and what another process may wait meanwhile, 99 times in 100.
BUDGET_S = {"sqlite": 4.0, "postgresql": 3.0}
BUDGET_WAIT_MS = 100.0
DISPATCH = "dispatch"
# Of what was dispatched: of these nobody may take longer than it did.
EDIT, REMOVAL = "its edit, in each inbox", "its removal from each inbox"
ROUNDS_SHARE = 0.7
# Seconds for which the other process runs alone, to know what it costs when nobody else writes.
ALONE_S = 10


def main() -> None:
    parser = harness.options(__doc__, rounds=3)
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument(
        "--database", choices=["sqlite", "postgresql"], action="append", help="may be repeated"
    )
    parser.add_argument(
        "--profile", action="store_true", help="also say how long each statement of a chunk takes"
    )
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
        write_until_told_to_stop()


def _run_on_each_database(options: argparse.Namespace) -> None:
    names = options.database or ["sqlite", "postgresql"]
    # Each has its part of the time, and its rounds so much of that: waits are measured after them.
    share = {"BENCHMARK_LIMIT_S": str(harness.limit_s() / len(names) * ROUNDS_SHARE)}
    for name in names:
        with _database(name) as url:
            command = _command("measure", *sys.argv[1:])
            subprocess.run(command, env=_environment(url) | share, check=True)


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
    variants: dict[str, Callable[[int], float]] = {DISPATCH: _dispatch}
    if connection.vendor == "sqlite":
        variants["dispatch without its pauses"] = _dispatch_without_pauses
    variants["F() and bulk_create"] = _dispatch_by_orm
    variants = {name: one for name, one in variants.items() if name in (options.only or variants)}
    took, walked, waited = _tables(options.recipients, connection.vendor)
    waits: list[float] = []
    with writing(_command("write"), waits):
        time.sleep(harness.resting_s(ALONE_S))
    waited.add("nobody else", 1000 * percentile(waits, 0.99))
    for run in harness.rounds(options.rounds):
        # In turns, and in another order each time: the machine's speed drifts, and tables grow.
        for name in list(variants)[run % len(variants) :] + list(variants)[: run % len(variants)]:
            took.add(name, variants[name](options.recipients))
        for name, took_s in _walks(options.recipients).items():
            walked.add(name, took_s)
    for name, variant in variants.items():
        # Of what it is compared with once will do.
        for _ in range(options.rounds if name == DISPATCH else 1):
            waits = []
            with writing(_command("write"), waits):
                variant(options.recipients)
            waited.add(name, 1000 * percentile(waits, 0.99))
    described, tables = machine.describe(_version()), [took, walked, waited]
    harness.keep(options.results, f"dispatch-{connection.vendor}", described, tables)
    if options.profile:
        profile(_dispatch, options.recipients)


def _tables(count: int, vendor: str) -> tuple[harness.Table, harness.Table, harness.Table]:
    """What it takes, what others of as many inboxes do, and what others wait meanwhile."""
    whom = f"A notification to {count:,} people, {vendor}"
    took = harness.Table(
        whom, "s", "F() and bulk_create",
        budgets={DISPATCH: BUDGET_S[vendor] * count / 100_000},
    )  # fmt: skip
    walked = harness.Table(
        f"{whom}: what is done to it later", "s", DISPATCH, {EDIT: 1.0, REMOVAL: 1.0}
    )
    waited = harness.Table(
        f"{whom}: what another process waits, {RATE} acts and sends a second", "ms, p99",
        budgets={DISPATCH: BUDGET_WAIT_MS},
    )  # fmt: skip
    return took, walked, waited


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
    notification = _accepted(count)
    took_s = _dispatched(notification)
    assert notification.items.count() == count
    return took_s


def _dispatched(notification: Any) -> float:
    from notifications.sending.dispatch import Dispatch  # noqa: PLC0415

    return _ran(Dispatch(notification.pk))


def _ran(job: ChunkedJob) -> float:
    """Seconds that it took."""
    started = time.perf_counter()
    assert job.run()
    return time.perf_counter() - started


def _walks(count: int) -> dict[str, float]:
    """Seconds of a dispatch, and of what is done then to the same notification and inboxes."""
    from notifications.sending import acts as sending_acts  # noqa: PLC0415
    from notifications.sending.item_jobs import EditJob, RemovalJob  # noqa: PLC0415

    notification = _accepted(count)
    took_s = {DISPATCH: _dispatched(notification)}
    assert sending_acts.edit(notification.pk, title="Hello again")
    took_s[EDIT] = _ran(EditJob(notification.pk))
    sending_acts.withdraw(notification.pk)
    took_s[REMOVAL] = _ran(RemovalJob(notification.pk))
    assert not notification.items.present().exists()
    return took_s


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


if __name__ == "__main__":
    main()
