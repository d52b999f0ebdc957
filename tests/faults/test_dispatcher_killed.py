"""Whoever dispatches is killed, again and again; others finish it, and nobody can tell."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import get_user_model
from django.db.models import F, Q

from notifications.inbox import acts
from notifications.models import Edit, Inbox, InboxItem, Notification, Removal, Status
from notifications.models.audiences import Everyone
from notifications.sending import acts as sending_acts
from notifications.sending import worker
from notifications.wire.message import Message
from tests.support.jobs import (
    IMPATIENT,
    kill_in_the_midst,
    last_user_of,
    make_small_ones,
    wait_exactly,
)
from tests.support.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.processes import Processes

    People = Callable[..., list[int]]

# The second one finds what another has left behind, and so does whoever comes after the last.
KILLS = 3


def small_chunks(size: int) -> dict[str, object]:
    """Settings of a job so long that all the kills fit into it several times."""
    return {
        **IMPATIENT,
        "NOTIFICATIONS_DISPATCH_CHUNK_SIZE": size,
        "NOTIFICATIONS_DISPATCH_PAUSE_MS": 5,
    }


@pytest.fixture
def chance() -> random.Random:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed)


def deactivate(user_id: int) -> None:
    get_user_model().objects.filter(pk=user_id).update(is_active=False)


def wait_until_sent(processes: Processes, notification: Notification) -> None:
    sent = Notification.objects.filter(pk=notification.pk, status=Status.SENT)
    processes.until(sent.exists, f"{notification} is sent")


def test_kills_neither_lose_nor_double_an_item(
    processes: Processes, people: People, chance: random.Random
) -> None:
    kill_again_and_again(processes, people, chance, kills=5)


def kill_again_and_again(
    processes: Processes, people: People, chance: random.Random, *, kills: int
) -> None:
    """Nor do more: tests/soak has twenty."""
    # So many that the kills come before the end.
    users = people(1_000 * (kills + 1))
    recipients = set(users)
    between = []
    notification = sending_acts.send(
        Message("Something happened"), audience=Everyone()
    ).notification

    for kill in range(kills):
        child = processes.dispatcher(**small_chunks(chance.randint(20, 50)))
        if kill:
            # Its turn is over since the first kill; that of the last ones is far away.
            deactivate(users[kill])
            deactivate(users[-kill])
            recipients.discard(users[-kill])
            between.append(last_user_of(notification) + 30)
            deactivate(between[-1])
            people(1, prefix=f"late{kill}-")
        kill_in_the_midst(processes, child, notification, chance)
    assert last_user_of(notification) < users[-1000], "too fast: it came near its end"

    processes.dispatcher(**IMPATIENT)
    wait_until_sent(processes, notification)

    reached = set(InboxItem.objects.values_list("inbox__user_id", flat=True))
    # Those who left just then may have it or not; the checker still looks at their inboxes.
    recipients -= set(between) - reached
    notification.refresh_from_db()
    assert notification.recipient_count == len(users)
    assert notification.item_count == len(recipients) == InboxItem.objects.count()
    told = Inbox.objects.filter(revision=1, unread_count=1)
    assert set(told.values_list("user_id", flat=True)) == recipients
    assert not Inbox.objects.filter(revision__gt=1).exists()
    assert Ledger(sent={notification.pk: recipients}).faults() == []


def test_three_kills_amid_small_ones_neither_lose_nor_double_an_item(
    processes: Processes, people: People, chance: random.Random
) -> None:
    users = people(4)
    sent = make_small_ones(600, users)
    left = Notification.objects.filter(status=Status.SENDING)
    for _ in range(3):
        child = processes.dispatcher(**small_chunks(20))
        before = left.count()
        processes.until(lambda before=before: left.count() < before, "some are sent")  # type: ignore[misc]
        wait_exactly(chance.uniform(0, 0.02))
        child.kill()
        assert left.exists(), "too fast: nothing is left to do"
        # Each is done or not begun: whoever is killed leaves none half done.
        assert not left.filter(Q(cursor__gt=0) | Q(item_count__gt=0)).exists()
    processes.dispatcher(**IMPATIENT)
    processes.until(lambda: not left.exists(), "all are sent")

    assert set(Inbox.objects.values_list("revision", "unread_count")) == {(600, 600)}
    assert Ledger(sent=sent).faults() == []


def test_kills_of_a_withdrawal_leave_nothing_behind(
    processes: Processes, people: People, chance: random.Random
) -> None:
    users = people(1_000 * (KILLS + 1))
    pk = sending_acts.send(Message("Something happened"), audience=Everyone()).notification.pk
    worker.run_due()
    ledger = Ledger(sent={pk: set(users)}, withdrawn={pk})
    for user in users[::100]:
        # Some have seen it, some have read it, some have put it away.
        act = chance.choice([acts.mark_seen, acts.mark_read, acts.archive])
        ledger.acted.append((user, act(user, acts.Chosen([pk])).revision))

    assert sending_acts.withdraw(pk)
    removal = Removal.objects.get(pk=pk)
    for _ in range(KILLS):
        child = processes.dispatcher(**small_chunks(10))
        kill_in_the_midst(processes, child, removal, chance)
    assert last_user_of(removal) < users[-1000], "too fast: it came near its end"
    processes.dispatcher(**IMPATIENT)
    done = Removal.objects.filter(pk=pk, finished_at__isnull=False)
    processes.until(done.exists, "the withdrawal is done")

    assert not InboxItem.objects.present().exists()
    assert not Inbox.objects.filter(unread_count__gt=0).exists()
    assert ledger.faults() == []


def test_a_killed_command_is_finished_by_a_dispatcher_and_its_key_is_known(
    processes: Processes, people: People, chance: random.Random
) -> None:
    users = people(5_000)
    command = ("notify", "Something happened", "--everyone", "--key", "news")
    child = processes.manage(*command, **small_chunks(10))
    notification = processes.until(Notification.objects.first, "the command has sent")
    assert notification is not None
    kill_in_the_midst(processes, child, notification, chance)
    notification.refresh_from_db()
    assert notification.status == Status.SENDING

    processes.dispatcher(**IMPATIENT)
    wait_until_sent(processes, notification)
    again = processes.manage(*command)

    assert again.wait() == 0
    assert f"Notification {notification.pk} sent (already, under this key)" in again.output()
    assert Ledger(sent={notification.pk: set(users)}).faults() == []


def test_a_killed_command_is_finished_when_it_is_run_again(
    processes: Processes, people: People, chance: random.Random
) -> None:
    users = people(2_000)
    command = ("notify", "Something happened", "--everyone", "--key", "news")
    child = processes.manage(*command, **small_chunks(10))
    notification = processes.until(Notification.objects.first, "the command has sent")
    assert notification is not None
    kill_in_the_midst(processes, child, notification, chance)

    def finished() -> bool:
        again = processes.manage(*command, **IMPATIENT)
        assert again.wait() == 0
        assert "already, under this key" in again.output()
        return f"Notification {notification.pk} sent" in again.output()

    # Not before the lease of the one that was killed has ended.
    processes.until(finished, "the command finds the lease ended")
    assert Ledger(sent={notification.pk: set(users)}).faults() == []


def test_kills_of_an_edit_tell_every_inbox_once(
    processes: Processes, people: People, chance: random.Random
) -> None:
    users = people(1_000 * (KILLS + 1))
    pk = sending_acts.send(Message("First"), audience=Everyone()).notification.pk
    worker.run_due()
    ledger = Ledger(sent={pk: set(users)})
    for user in users[::100]:
        act = chance.choice([acts.mark_seen, acts.mark_read, acts.archive])
        ledger.acted.append((user, act(user, acts.Chosen([pk])).revision))
    before = dict(Inbox.objects.values_list("user_id", "revision"))

    assert sending_acts.edit(pk, title="Second")
    edit = Edit.objects.get(pk=pk)
    for _ in range(KILLS):
        child = processes.dispatcher(**small_chunks(10))
        kill_in_the_midst(processes, child, edit, chance)
    assert last_user_of(edit) < users[-1000], "too fast: it came near its end"
    processes.dispatcher(**IMPATIENT)
    done = Edit.objects.filter(pk=pk, finished_at__isnull=False)
    processes.until(done.exists, "the edit is done")

    after = dict(Inbox.objects.values_list("user_id", "revision"))
    assert after == {user: revision + 1 for user, revision in before.items()}
    ledger.acted += after.items()
    assert ledger.faults() == []
    assert not InboxItem.objects.exclude(revision=F("inbox__revision")).exists()
