"""Interfering with a job in another process: seeing how far it is, killing and freezing it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.db import connection, transaction

from notifications.models import Inbox, Notification, Status
from notifications.models.audiences import ChosenUsers

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from notifications.models import Leased
    from tests.support.processes import Child, Processes

# A short lease and scan, so that others take over soon.
IMPATIENT: dict[str, object] = {
    "NOTIFICATIONS_DISPATCH_LEASE_S": 0.5,
    "NOTIFICATIONS_DISPATCH_SCAN_S": 0.05,
}


def last_user_of(job: Leased) -> int:
    """The last user whose inbox the job is done with; 0: it has not begun."""
    job.refresh_from_db(fields=["cursor"])
    done = Inbox.objects.filter(pk__lte=job.cursor).order_by("-pk")
    return done.values_list("user_id", flat=True).first() or 0


def wait_for_chunks(processes: Processes, job: Leased, count: int) -> None:
    """Wait until the job's cursor has been seen to move that often."""
    for _ in range(count):
        before = last_user_of(job)
        processes.until(lambda before=before: last_user_of(job) != before, f"{job} moves on")  # type: ignore[misc]


def kill_in_the_midst(
    processes: Processes, child: Child, job: Leased, chance: random.Random
) -> None:
    """Kill the process that works, at a random moment a few chunks from now."""
    wait_for_chunks(processes, job, chance.randint(1, 10))
    wait_exactly(chance.uniform(0, 0.01))
    child.kill()


def wait_exactly(seconds: float) -> None:
    """Not a sleep, which is coarser than a chunk's statements are."""
    moment = time.monotonic() + seconds
    while time.monotonic() < moment:
        pass


def make_small_ones(count: int, users: Sequence[int]) -> dict[int, set[int]]:
    """Notifications to these users that no signal has told of; their recipients by their ids."""
    made = Notification.objects.bulk_create(
        Notification(
            title=f"{number}",
            audience_kind=ChosenUsers.kind,
            audience_ids=list(users),
            status=Status.SENDING,
        )
        for number in range(count)
    )
    return {one.pk: set(users) for one in made}


def freeze_between_chunks(processes: Processes, child: Child, job: Leased) -> None:
    """Stop the process that works where it holds no lock: it would keep it while it is frozen."""

    def frozen() -> bool:
        with transaction.atomic():
            # Waits for the chunk at hand (on SQLite it is BEGIN that waits).
            type(job).objects.select_for_update().get(pk=job.pk)
            child.freeze()
            if not _others_are_in_a_transaction():
                return True
        child.thaw()
        return False

    processes.until(frozen, f"{job} is frozen between two chunks")


def _others_are_in_a_transaction() -> bool:
    if connection.vendor == "sqlite":
        return False  # there is one writer at a time, and that is us
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND state <> 'idle')"
        )
        return bool(cursor.fetchone()[0])
