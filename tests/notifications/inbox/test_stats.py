"""What senders are shown: kept for lists, counted for one, and the same in the end."""

import random
import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.inbox import acts as inbox_acts
from notifications.inbox import stats
from notifications.inbox.stats import Counts, exact, roll_up
from notifications.models import Epoch, Notification, Stats, StatsDelta
from notifications.push import catch_up
from notifications.push.receipts import Receipt, write
from notifications.sending import start, worker
from tests.support.processes import until

pytestmark = pytest.mark.django_db


def hold(user, revision):
    tag = catch_up.epoch_tag(Epoch.objects.get().epoch_secret)
    write([Receipt(user.notifications_inbox.pk, tag, revision)])


def kept(notification):
    found = Stats.objects.get(pk=notification.pk)
    return Counts(found.delivered_count, found.seen_count, found.read_count)


def test_what_recipients_do_is_counted(send, alice, bob, charlie):
    sent = send(to=[alice, bob, charlie])
    for user in (alice, bob, charlie):
        hold(user, 1)
    inbox_acts.mark_seen(alice.pk, inbox_acts.Chosen([sent.pk]))
    inbox_acts.mark_read(bob.pk, inbox_acts.Chosen([sent.pk]))
    roll_up()
    assert kept(sent) == exact(sent.pk) == Counts(delivered=3, seen=2, read=1)


def test_marking_unread_is_counted_back(send, alice):
    sent = send(to=[alice])
    inbox_acts.mark_read(alice.pk, inbox_acts.Chosen([sent.pk]))
    roll_up()
    inbox_acts.mark_unread(alice.pk, inbox_acts.Chosen([sent.pk]))
    roll_up()
    assert kept(sent) == Counts(delivered=1, seen=1, read=0)


def test_what_was_withdrawn_keeps_its_figures(send, withdraw, alice):
    sent = send(to=[alice])
    inbox_acts.mark_read(alice.pk, inbox_acts.Chosen([sent.pk]))
    withdraw(sent)
    roll_up()
    assert kept(sent) == Counts(1, 1, 1)


def test_what_was_not_touched_is_not_looked_at(send, alice, bob, django_assert_num_queries):
    for n in range(5):
        inbox_acts.mark_read(alice.pk, inbox_acts.Chosen([send(f"{n}", to=[alice]).pk]))
    roll_up()
    with django_assert_num_queries(1):
        roll_up()


def test_archiving_touches_nothing(send, alice):
    sent = send(to=[alice])
    inbox_acts.archive(alice.pk, inbox_acts.Chosen([sent.pk]))
    inbox_acts.restore(alice.pk, inbox_acts.Chosen([sent.pk]))
    assert not StatsDelta.objects.exists()


def test_many_are_added_by_few_statements(send, alice, django_assert_max_num_queries):
    for n in range(30):
        send(f"{n}", to=[alice])
    hold(alice, 30)
    with django_assert_max_num_queries(6):
        roll_up()
    assert all(kept(one) == Counts(delivered=1) for one in Notification.objects.all())


def test_what_one_user_does_over_and_over_is_one_tally_for_each_notification(send, alice, bob):
    sent = [send(f"{n}", to=[alice, bob]) for n in range(3)]
    which = inbox_acts.Chosen([one.pk for one in sent])
    for _ in range(5):
        inbox_acts.mark_read(alice.pk, which)
        inbox_acts.mark_unread(alice.pk, which)
    assert StatsDelta.objects.count() == 3
    inbox_acts.mark_read(bob.pk, which)
    assert StatsDelta.objects.count() == 6
    roll_up()
    assert [kept(one) for one in sent] == [Counts(delivered=2, seen=2, read=1)] * 3


def test_figures_are_added_up_without_a_look_at_the_items(send, alice):
    sent = send(to=[alice])
    inbox_acts.mark_read(alice.pk, inbox_acts.Chosen([sent.pk]))
    with CaptureQueriesContext(connection) as captured:
        roll_up()
    assert not [query["sql"] for query in captured if "inboxitem" in query["sql"]]
    assert kept(sent) == Counts(1, 1, 1)


def test_whoever_is_deleted_is_counted_no_more(send, alice, bob):
    sent = send(to=[alice, bob])
    inbox_acts.mark_read(alice.pk, inbox_acts.Chosen([sent.pk]))
    inbox_acts.mark_seen(bob.pk, inbox_acts.Chosen([sent.pk]))
    roll_up()
    alice.delete()
    roll_up()
    assert kept(sent) == exact(sent.pk) == Counts(delivered=1, seen=1, read=0)


def test_tallies_of_what_is_gone_go_too(db):
    StatsDelta.objects.create(notification_id=987654)
    roll_up()
    assert not StatsDelta.objects.exists()
    assert not Stats.objects.exists()


def test_more_tallies_than_are_read_at_a_time_are_all_added(send, alice, monkeypatch):
    monkeypatch.setattr(stats, "_MAX_TALLIES", 3)
    for n in range(9):
        inbox_acts.mark_seen(alice.pk, inbox_acts.Chosen([send(f"{n}", to=[alice]).pk]))
    assert stats.roll_up_some() == 3
    assert StatsDelta.objects.count() == 6  # the rest is left to the next time
    roll_up()
    assert not StatsDelta.objects.exists()
    assert all(kept(one).delivered for one in Notification.objects.all())


def test_kept_figures_are_the_exact_ones_whatever_happens(send, withdraw, user):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    people = [user(f"user{n}") for n in range(4)]
    sent = []
    acts = [
        inbox_acts.mark_seen,
        inbox_acts.mark_read,
        inbox_acts.mark_unread,
        inbox_acts.archive,
        inbox_acts.restore,
    ]
    for n in range(120):
        if not sent or chance.random() < 0.1:
            sent.append(send(f"{n}", to=chance.sample(people, 3)))
        elif chance.random() < 0.2:
            hold(chance.choice(people), chance.randrange(1, n + 1))
        elif chance.random() < 0.05:
            withdraw(chance.choice(sent))
        else:
            which = inbox_acts.Chosen([one.pk for one in chance.sample(sent, min(3, len(sent)))])
            chance.choice(acts)(chance.choice(people).pk, which)
        if chance.random() < 0.2:
            roll_up()
    roll_up()
    assert not StatsDelta.objects.exists()
    rows = {row.pk: row for row in Stats.objects.all()}
    for one in sent:
        assert (kept(one) if one.pk in rows else Counts()) == exact(one.pk)


@pytest.mark.django_db(transaction=True)
def test_a_dispatcher_counts(send, alice):
    sent = send(to=[alice])
    hold(alice, 1)
    stop = threading.Event()
    running = threading.Thread(target=worker.run, args=(stop,))
    running.start()
    until(Stats.objects.filter(delivered_count=1).exists, "the dispatcher has counted")
    stop.set()
    start.nudge()
    running.join(60)
    assert kept(sent) == Counts(delivered=1)
