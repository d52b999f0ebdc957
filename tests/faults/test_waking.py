"""Whoever wakes what was snoozed is killed, again and again; each comes back once."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db.models import F
from django.utils import timezone

from notifications.models import Inbox, InboxItem, Notification
from tests.support.jobs import IMPATIENT, wait_exactly

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.processes import Processes

KILLS = 3
USERS, EACH = 50, 100


def make_due(users: list[int]) -> None:
    """Five thousand that all fall due at the same moment."""

    Inbox.objects.ensure(get_user_model().objects.filter(pk__in=users))
    made = Notification.objects.bulk_create(
        Notification(title=f"{n}", audience_kind="everyone", status="sent") for n in range(EACH)
    )
    now = timezone.now()
    InboxItem.objects.bulk_create(
        (
            InboxItem(
                inbox_id=pk, notification=one, revision=EACH + n, arrived_revision=n,
                arrived_at=now, seen_at=now, read_at=now,
                snoozed_until=now - timedelta(seconds=1),
            )
            for pk in Inbox.objects.values_list("pk", flat=True)
            for n, one in enumerate(made, start=1)
        ),
        batch_size=1000,
    )  # fmt: skip
    Inbox.objects.update(revision=2 * EACH)


def test_kills_amid_waking_neither_lose_nor_double_one(
    processes: Processes, people: Callable[..., list[int]]
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    make_due(people(USERS))
    left = InboxItem.objects.snoozed()
    for _ in range(KILLS):
        child = processes.dispatcher(**IMPATIENT)
        before = left.count()
        processes.until(lambda before=before: left.count() < before, "some have woken")  # type: ignore[misc]
        wait_exactly(chance.uniform(0, 0.02))
        child.kill()
        assert left.exists(), "too fast: none is left to wake"
    # Two of them finish it, at the same time.
    for _ in range(2):
        processes.dispatcher(**IMPATIENT)
    processes.until(lambda: not left.exists(), "all have woken")

    inboxes = Inbox.objects.values_list("revision", "unread_count", "unseen_count")
    assert set(inboxes) == {(3 * EACH, EACH, EACH)}
    items = InboxItem.objects.filter(woken=True, seen_at=None, read_at=None)
    assert items.filter(revision=F("arrived_revision")).count() == USERS * EACH
    arrivals = items.order_by("inbox_id", "arrived_revision").values_list("arrived_revision")
    assert [number for (number,) in arrivals] == [*range(2 * EACH + 1, 3 * EACH + 1)] * USERS
