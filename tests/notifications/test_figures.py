"""What senders are shown: kept for lists, counted for one, and the same in the end."""

import random
import threading

import pytest

from notifications import catching_up, dispatcher, figures, inbox
from notifications.figures import Counts, exact, roll_up
from notifications.models import Epoch, Figures, Notification, Touch
from notifications.receipts import Receipt, write
from tests.support.processes import until

pytestmark = pytest.mark.django_db


def hold(user, revision):
    write([Receipt(user.pk, catching_up.life(Epoch.objects.get().epoch_secret), revision)])


def kept(notification):
    found = Figures.objects.get(pk=notification.pk)
    return Counts(found.delivered_count, found.seen_count, found.read_count)


def test_what_recipients_do_is_counted(send, alice, bob, charlie):
    sent = send(to=[alice, bob, charlie])
    for user in (alice, bob, charlie):
        hold(user, 1)
    inbox.mark_seen(alice.pk, inbox.Chosen([sent.pk]))
    inbox.mark_read(bob.pk, inbox.Chosen([sent.pk]))
    roll_up()
    assert kept(sent) == exact(sent.pk) == Counts(delivered=3, seen=2, read=1)


def test_marking_unread_is_counted_back(send, alice):
    sent = send(to=[alice])
    inbox.mark_read(alice.pk, inbox.Chosen([sent.pk]))
    roll_up()
    inbox.mark_unread(alice.pk, inbox.Chosen([sent.pk]))
    roll_up()
    assert kept(sent) == Counts(delivered=1, seen=1, read=0)


def test_what_was_withdrawn_keeps_its_figures(send, withdraw, alice):
    sent = send(to=[alice])
    inbox.mark_read(alice.pk, inbox.Chosen([sent.pk]))
    withdraw(sent)
    roll_up()
    assert kept(sent) == Counts(1, 1, 1)


def test_what_was_not_touched_is_not_looked_at(send, alice, bob, django_assert_num_queries):
    for n in range(5):
        inbox.mark_read(alice.pk, inbox.Chosen([send(f"{n}", to=[alice]).pk]))
    roll_up()
    with django_assert_num_queries(1):
        roll_up()


def test_archiving_touches_nothing(send, alice):
    sent = send(to=[alice])
    inbox.archive(alice.pk, inbox.Chosen([sent.pk]))
    inbox.restore(alice.pk, inbox.Chosen([sent.pk]))
    assert not Touch.objects.exists()


def test_many_are_counted_by_few_statements(send, alice, django_assert_max_num_queries):
    for n in range(30):
        send(f"{n}", to=[alice])
    hold(alice, 30)
    with django_assert_max_num_queries(7 + 30 + 2):  # one update each
        roll_up()
    assert all(kept(one) == Counts(delivered=1) for one in Notification.objects.all())


def test_who_counted_before_somebody_else_wrote_writes_nothing(send, alice, monkeypatch):
    sent = send(to=[alice])
    hold(alice, 1)
    count = figures.count

    def count_and_be_overtaken(ids):
        found = count(ids)
        monkeypatch.setattr(figures, "count", count)
        inbox.mark_read(alice.pk, inbox.Chosen([sent.pk]))
        roll_up()
        return found

    monkeypatch.setattr(figures, "count", count_and_be_overtaken)
    Touch.objects.create(notification_id=sent.pk)
    roll_up()
    assert kept(sent) == Counts(1, 1, 1)


def test_touches_of_what_is_gone_go_too(db):
    Touch.objects.create(notification_id=987654)
    roll_up()
    assert not Touch.objects.exists()
    assert not Figures.objects.exists()


def test_more_touches_than_are_read_at_a_time_are_all_counted(send, alice, monkeypatch):
    monkeypatch.setattr(figures, "_MOST_TOUCHES", 3)
    monkeypatch.setattr(figures, "_BATCH", 2)
    for n in range(9):
        send(f"{n}", to=[alice])
    hold(alice, 9)
    roll_up()
    assert not Touch.objects.exists()
    assert all(kept(one).delivered for one in Notification.objects.all())


def test_kept_figures_are_the_exact_ones_whatever_happens(send, withdraw, user):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    people = [user(f"user{n}") for n in range(4)]
    sent = []
    acts = [inbox.mark_seen, inbox.mark_read, inbox.mark_unread, inbox.archive, inbox.restore]
    for n in range(120):
        if not sent or chance.random() < 0.1:
            sent.append(send(f"{n}", to=chance.sample(people, 3)))
        elif chance.random() < 0.2:
            hold(chance.choice(people), chance.randrange(1, n + 1))
        elif chance.random() < 0.05:
            withdraw(chance.choice(sent))
        else:
            which = inbox.Chosen([one.pk for one in chance.sample(sent, min(3, len(sent)))])
            chance.choice(acts)(chance.choice(people).pk, which)
        if chance.random() < 0.2:
            roll_up()
    roll_up()
    assert not Touch.objects.exists()
    rows = {row.pk: row for row in Figures.objects.all()}
    for one in sent:
        assert (kept(one) if one.pk in rows else Counts()) == exact(one.pk)


@pytest.mark.django_db(transaction=True)
def test_a_dispatcher_counts(send, alice):
    sent = send(to=[alice])
    hold(alice, 1)
    stop = threading.Event()
    running = threading.Thread(target=dispatcher.run, args=(stop,))
    running.start()
    until(Figures.objects.filter(delivered_count=1).exists, "the dispatcher has counted")
    stop.set()
    dispatcher.nudge()
    running.join(60)
    assert kept(sent) == Counts(delivered=1)
