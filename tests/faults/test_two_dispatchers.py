"""Two dispatchers on one database: together they do what one would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F

from notifications.models import Inbox, InboxItem, Notification, Removal, Status
from notifications.models.audiences import ChosenUsers, Everyone
from notifications.sending import acts
from notifications.wire.message import Message
from tests.support.jobs import (
    IMPATIENT,
    freeze_between_chunks,
    last_user_of,
    make_small_ones,
    wait_for_chunks,
)
from tests.support.ledger import Ledger
from tests.support.processes import Child

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.processes import Processes

    People = Callable[[int], list[int]]


def send_to_everyone() -> Notification:
    return acts.send(Message("Something happened"), audience=Everyone()).notification


def wait_until_sent(processes: Processes, notification: Notification) -> None:
    sent = Notification.objects.filter(pk=notification.pk, status=Status.SENT)
    processes.until(sent.exists, f"{notification} is sent")


def start_two(processes: Processes, **settings: object) -> tuple[Child, Child]:
    return processes.dispatcher(**settings), processes.dispatcher(**settings)


def test_each_recipient_gets_one_item_of_two_dispatchers(
    processes: Processes, people: People
) -> None:
    users = people(6_000)
    settings = {"NOTIFICATIONS_DISPATCH_CHUNK_SIZE": 150, "NOTIFICATIONS_DISPATCH_SCAN_S": 0.05}
    dispatchers = start_two(processes, **settings)

    notification = send_to_everyone()
    wait_until_sent(processes, notification)

    assert [dispatcher.terminate() for dispatcher in dispatchers] == [0, 0]
    notification.refresh_from_db()
    assert notification.item_count == len(users)
    assert Inbox.objects.filter(user__in=users[::100], revision=1, unread_count=1).count() == 60
    assert Ledger(sent={notification.pk: set(users)}).faults() == []


def test_a_dispatcher_that_was_frozen_beyond_its_lease_does_nothing_twice(
    processes: Processes, people: People
) -> None:
    users = people(4_000)
    settings = {
        **IMPATIENT,
        "NOTIFICATIONS_DISPATCH_CHUNK_SIZE": 10,
        "NOTIFICATIONS_DISPATCH_PAUSE_MS": 1,
    }
    first = processes.dispatcher(**settings)
    notification = send_to_everyone()
    wait_for_chunks(processes, notification, 3)
    freeze_between_chunks(processes, first, notification)
    notification.refresh_from_db()
    assert notification.status == Status.SENDING
    assert last_user_of(notification) < users[-1]

    second = processes.dispatcher(**{**settings, "NOTIFICATIONS_DISPATCH_CHUNK_SIZE": 500})
    wait_until_sent(processes, notification)
    assert second.terminate() == 0
    first.thaw()

    # That it sends another one tells that it has left the job it was on.
    some = users[:500]
    another = acts.send(Message("Another"), audience=ChosenUsers(some, "some")).notification
    wait_until_sent(processes, another)
    assert first.terminate() == 0
    ledger = Ledger(sent={notification.pk: set(users), another.pk: set(some)})
    assert ledger.faults() == []


def test_a_dispatcher_that_is_stopped_hands_its_walk_over_at_once(
    processes: Processes, people: People
) -> None:
    users = people(4_000)
    # A lease so long that nobody could wait for its end.
    settings = {"NOTIFICATIONS_DISPATCH_LEASE_S": 3600, "NOTIFICATIONS_DISPATCH_SCAN_S": 0.05}
    first = processes.dispatcher(**settings, NOTIFICATIONS_DISPATCH_CHUNK_SIZE=10)
    notification = send_to_everyone()
    wait_for_chunks(processes, notification, 2)

    assert first.terminate() == 0
    assert 0 < last_user_of(notification) < users[-1]
    processes.dispatcher(**settings)
    wait_until_sent(processes, notification)

    assert Ledger(sent={notification.pk: set(users)}).faults() == []


def test_what_is_withdrawn_while_it_is_dispatched_leaves_every_inbox(
    processes: Processes, people: People
) -> None:
    users = people(4_000)
    settings = {"NOTIFICATIONS_DISPATCH_CHUNK_SIZE": 10, "NOTIFICATIONS_DISPATCH_SCAN_S": 0.05}
    start_two(processes, **settings)
    notification = send_to_everyone()
    wait_for_chunks(processes, notification, 3)

    assert acts.withdraw(notification.pk)
    removal = Removal.objects.filter(notification=notification.pk, finished_at__isnull=False)
    processes.until(removal.exists, "the withdrawal is done")

    notification.refresh_from_db()
    assert notification.status == Status.WITHDRAWN
    assert 0 < InboxItem.objects.count() == notification.item_count < len(users)
    ledger = Ledger(sent={notification.pk: set(users)}, withdrawn={notification.pk})
    assert ledger.faults() == []


def test_small_ones_that_were_made_in_bulk_arrive_once_of_two_dispatchers(
    processes: Processes, people: People
) -> None:
    users = people(3)
    # Few in a transaction, so that both are at it at the same time.
    start_two(processes, **IMPATIENT, NOTIFICATIONS_DISPATCH_CHUNK_SIZE=12)
    sent = make_small_ones(200, users)
    made = Notification.objects.filter(pk__in=sent)
    processes.until(lambda: not made.exclude(status=Status.SENT).exists(), "all are sent")

    assert not made.exclude(recipient_count=3, item_count=3, upto=F("cursor")).exists()
    assert set(Inbox.objects.values_list("revision", "unread_count")) == {(200, 200)}
    assert Ledger(sent=sent).faults() == []


def test_a_dispatcher_stops_at_once_though_its_next_look_is_far_away(
    processes: Processes, people: People
) -> None:
    people(1)
    # Made in bulk, so that no signal tells: the first look finds it.
    Notification.objects.bulk_create(
        [Notification(title="Due", audience_kind="everyone", status=Status.SENDING)]
    )
    dispatcher = processes.dispatcher(NOTIFICATIONS_DISPATCH_SCAN_S=3600)
    wait_until_sent(processes, Notification.objects.get())

    assert dispatcher.terminate(within_s=10) == 0
