"""What was snoozed comes back, by a revision of its own, whoever else is at work."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from notifications.inbox import acts, reading, stats
from notifications.inbox.acts import AllUpTo, Chosen
from notifications.models import Inbox, InboxItem, Notification
from notifications.sending import waking, worker
from notifications.sending.waking import Waking
from tests.support.told import told

UNTIL = timezone.now() + timedelta(hours=1)


@pytest.fixture
def snoozed(send):
    """Send to users, who read it and snooze it."""

    def act(*users, title="Hello"):
        one = send(title, to=users)
        for user in users:
            acts.mark_read(user.pk, Chosen([one.pk]))
            assert acts.snooze(user.pk, Chosen([one.pk]), UNTIL).changed == 1
        return one

    return act


def let_time_pass():
    InboxItem.objects.snoozed().update(snoozed_until=timezone.now() - timedelta(seconds=1))


def counted(user):
    row = Inbox.objects.get(user=user)
    return row.revision, row.unread_count, row.unseen_count


@pytest.mark.django_db
def test_it_comes_back_as_if_it_arrived_anew(snoozed, send, alice):
    one = snoozed(alice)
    send("Meanwhile", to=[alice])
    before = reading.head(alice.pk)
    assert counted(alice) == (4, 1, 1)
    let_time_pass()
    worker.run_due()
    item = InboxItem.objects.get(notification=one)
    assert (item.snoozed_until, item.read_at, item.seen_at, item.woken) == (None, None, None, True)
    assert item.revision == item.arrived_revision == 5
    assert timezone.now() - item.arrived_at < timedelta(minutes=1)
    assert counted(alice) == (5, 2, 2)
    (first, _) = reading.page(alice.pk, size=50).notifications
    assert first.item.id == str(one.pk)
    (changed,) = told(alice.pk, before.revision, epoch=before.epoch).notifications
    assert (changed["woken"], changed["snoozed_until"]) == (True, None)
    assert changed["arrived_revision"] > before.revision


@pytest.mark.django_db
def test_before_its_time_nothing_wakes_and_nothing_is_written(snoozed, alice):
    snoozed(alice)
    for _ in range(2):
        assert Waking().some() == 0
    assert counted(alice) == (3, 0, 0)


@pytest.mark.django_db
def test_what_is_archived_restored_or_withdrawn_meanwhile_does_not_wake(snoozed, withdraw, alice):
    archived, restored, gone = (snoozed(alice, title=title) for title in "abc")
    acts.archive(alice.pk, Chosen([archived.pk]))
    acts.restore(alice.pk, Chosen([restored.pk]))
    withdraw(gone)
    let_time_pass()
    before = counted(alice)
    assert Waking().some() == 0
    assert counted(alice) == before
    assert before[1:] == (0, 0)


@pytest.mark.django_db
def test_each_of_several_takes_a_revision_of_its_own(snoozed, alice, bob):
    sent = [snoozed(alice, bob, title=f"{n}") for n in range(3)]
    let_time_pass()
    assert Waking().some() == 6
    for user in (alice, bob):
        items = InboxItem.objects.filter(inbox__user=user).order_by("notification_id")
        assert [item.arrived_revision for item in items] == [10, 11, 12]
        assert counted(user) == (12, 3, 3)
        page = reading.page(user.pk, size=2)
        assert [read.item.id for read in page.notifications] == [str(sent[2].pk), str(sent[1].pk)]
        older = reading.page(user.pk, size=2, before=page.next_before).notifications
        assert [read.item.id for read in older] == [str(sent[0].pk)]


@pytest.mark.django_db
def test_what_wakes_is_not_swallowed_by_an_act_on_all_from_before(snoozed, alice):
    one = snoozed(alice)
    head = reading.head(alice.pk)
    let_time_pass()
    Waking().some()
    assert acts.mark_read(alice.pk, AllUpTo(head.epoch, head.revision)).changed == 0
    assert InboxItem.objects.unread().get().notification_id == one.pk


@pytest.mark.django_db
def test_the_senders_figures_go_by_what_items_say(snoozed, alice, bob):
    one = snoozed(alice, bob)
    let_time_pass()
    Waking().some()
    acts.mark_seen(alice.pk, Chosen([one.pk]))
    stats.roll_up()
    assert stats.kept(one.pk) == stats.exact(one.pk) == stats.Counts(delivered=2, seen=1, read=0)
    assert stats.wrong([one.pk]) == []


@pytest.mark.django_db
def test_many_that_are_due_at_once_wake_in_small_transactions(snoozed, alice, monkeypatch):
    snoozed(alice)
    copies = Notification.objects.bulk_create(
        Notification(title="Hi", audience_kind="users", audience_ids=[alice.pk], status="sent")
        for _ in range(50)
    )
    inbox = Inbox.objects.get(user=alice)
    InboxItem.objects.bulk_create(
        InboxItem(
            inbox=inbox, notification=copy, revision=2, arrived_revision=1,
            arrived_at=timezone.now(), snoozed_until=UNTIL,
        )
        for copy in copies
    )  # fmt: skip
    monkeypatch.setattr(waking, "_MAX_ITEMS", 20)
    let_time_pass()
    some = Waking()
    assert [some.some() for _ in range(4)] == [20, 20, 11, 0]
    arrived = InboxItem.objects.values_list("arrived_revision", flat=True)
    assert sorted(arrived) == list(range(4, 55))
    assert counted(alice) == (54, 51, 51)


@pytest.mark.django_db(transaction=True)
def test_one_that_cannot_wake_keeps_nobody_else_asleep(snoozed, alice, bob, caplog):
    snoozed(alice, bob)
    let_time_pass()
    # Written around the model: there is no revision left that its item could take.
    Inbox.objects.filter(user=alice).update(revision=2**63 - 1)
    some = Waking()
    assert [some.some(), some.some()] == [1, 0]
    assert counted(bob) == (4, 1, 1)
    assert f"Snoozed ones of inbox {alice.notifications_inbox.pk} cannot wake" in caplog.text
    Inbox.objects.filter(user=alice).update(revision=3)
    assert Waking().some() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_wake_each_one_once(snoozed, alice, bob):
    for _ in range(5):
        snoozed(alice, bob)
    let_time_pass()
    barrier, counts = threading.Barrier(2), []

    def work():
        try:
            some = Waking()
            barrier.wait(30)
            while InboxItem.objects.due(timezone.now()).exists():
                counts.append(some.some())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(counts) == 10
    assert counted(alice) == counted(bob) == (20, 5, 5)


@pytest.mark.django_db(transaction=True)
def test_an_inbox_that_somebody_holds_keeps_no_other_asleep(snoozed, alice, bob):
    if connection.vendor == "sqlite":
        return  # nobody holds an inbox there: there is one writer at a time
    snoozed(alice, bob)
    let_time_pass()
    held, done = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                Inbox.lock(alice.pk)
                held.set()
                done.wait(60)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(30)
        some = Waking()
        assert some.some() == 1
        assert counted(bob)[1] == 1
    finally:
        done.set()
        holder.join(30)
    while InboxItem.objects.due(timezone.now()).exists():
        some.some()
    assert counted(alice)[1] == 1
