"""Jobs beside each other: none waits for another's end, and what fails holds nobody up."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.utils import timezone

from notifications.inbox import stats
from notifications.models import (
    Edit,
    Inbox,
    InboxItem,
    Notification,
    Removal,
    StatsDelta,
    Status,
    audiences,
)
from notifications.sending import acts, round_robin, start, worker
from notifications.sending.dispatch import Dispatch
from notifications.sending.worker import Dispatcher
from notifications.wire.message import Message

CROWD = 30
NEVER = threading.Event()


@pytest.fixture(autouse=True)
def small_chunks(settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 3
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0


@pytest.fixture
def crowd(db):
    users = get_user_model().objects.bulk_create(
        get_user_model()(username=f"u{n}", password="!") for n in range(CROWD)
    )
    Inbox.objects.ensure_of([user.pk for user in users])
    return list(users)


@pytest.fixture
def work(crowd):
    """A process's dispatcher, which looks for what is due at each turn."""
    made = Dispatcher()

    def turn():
        start.nudge()
        return made.turn(NEVER)

    yield turn
    made.let_go()


def to_everyone(title="Hello", **fields):
    return acts.send(Message(title, **fields), audience=audiences.Everyone()).notification


def to_two(crowd, **fields):
    chosen = audiences.ChosenUsers([user.pk for user in crowd[:2]], "two")
    return acts.send(Message("To two", **fields), audience=chosen).notification


def reached(notification):
    return InboxItem.objects.filter(notification=notification).count()


def status(notification):
    return Notification.objects.values_list("status", flat=True).get(pk=notification.pk)


def until_done(turn, is_done, most=100):
    """Turns until that is so."""
    for count in range(1, most + 1):
        turn()
        if is_done():
            return count
    raise AssertionError(f"not within {most} turns")


def test_a_small_send_does_not_wait_for_a_large_one(work, crowd):
    large = to_everyone()
    work()
    small = to_two(crowd)
    assert until_done(work, lambda: status(small) == Status.SENT) <= 2
    assert reached(large) < CROWD


def test_what_falls_due_amid_a_large_send_goes_out_amid_it(work, crowd):
    large = to_everyone()
    work()
    later = to_two(crowd, send_at=timezone.now() + timedelta(hours=1))
    work()
    assert reached(later) == 0
    Notification.objects.filter(pk=later.pk).update(send_at=timezone.now())
    assert until_done(work, lambda: status(later) == Status.SENT) <= 2
    assert reached(large) < CROWD


@pytest.mark.parametrize("is_edit", [True, False])
def test_edits_and_withdrawals_go_on_beside_a_large_send(work, crowd, is_edit):
    before = to_everyone()
    until_done(work, lambda: status(before) == Status.SENT)
    large = to_everyone()
    if is_edit:
        acts.edit(before.pk, title="Better")
    else:
        acts.withdraw(before.pk)
    job = Edit if is_edit else Removal
    until_done(work, lambda: not job.objects.filter(finished_at=None).exists())
    # Both have had as many turns.
    assert CROWD - 9 <= reached(large) <= CROWD


def test_more_large_sends_than_are_held_at_a_time_all_go_on(work, crowd, monkeypatch):
    monkeypatch.setattr(round_robin, "_MAX_LEASES", 2)
    sent = [to_everyone(f"{n}") for n in range(5)]
    held = Notification.objects.filter(status=Status.SENDING, lease_until__isnull=False)

    def one_is_sent():
        assert held.count() <= 2
        return any(status(one) == Status.SENT for one in sent)

    until_done(work, one_is_sent)
    assert min(reached(one) for one in sent) >= CROWD / 3
    until_done(work, lambda: all(status(one) == Status.SENT for one in sent))
    assert [reached(one) for one in sent] == [CROWD] * 5


def test_figures_that_wait_are_added_a_little_at_a_time(work, crowd, monkeypatch):
    monkeypatch.setattr(stats, "_MAX_TALLIES", 3)
    large = to_everyone()
    StatsDelta.objects.bulk_create(
        StatsDelta(notification_id=large.pk, inbox_id=n, seen=1) for n in range(300)
    )
    turns = until_done(work, lambda: status(large) == Status.SENT)
    assert turns == CROWD / 3
    assert StatsDelta.objects.count() >= 300 - 3 * turns


def test_one_that_cannot_be_dispatched_holds_nobody_up(work, crowd, caplog):
    bad = [to_everyone() for _ in range(3)]
    Notification.objects.update(audience_kind="nobody knows", upto=None)
    good = to_everyone()
    until_done(work, lambda: status(good) == Status.SENT)
    assert reached(good) == CROWD
    assert [status(one) for one in bad] == [Status.SENDING] * 3
    # It is tried again, and less and less often.
    assert 3 <= caplog.text.count("Dispatch") < 3 * 9


@pytest.mark.django_db(transaction=True)
def test_one_that_cannot_begin_or_end_holds_nobody_up(work, crowd, monkeypatch, caplog):
    now = timezone.now()
    rows = [to_two(crowd, send_at=now + timedelta(hours=1)) for _ in range(2)]
    over = [to_two(crowd, expires_at=now + timedelta(hours=1)) for _ in range(2)]
    until_done(work, lambda: all(status(one) == Status.SENT for one in over))
    bad = {rows[0].pk, over[0].pk}

    def failing(act):
        def wrapper(pk):
            if pk in bad:
                raise IntegrityError("a row of its own kind") if pk == rows[0].pk else ValueError
            return act(pk)

        return wrapper

    monkeypatch.setattr(acts, "begin", failing(acts.begin))
    monkeypatch.setattr(acts, "expire", failing(acts.expire))
    Notification.objects.filter(pk__in=[one.pk for one in rows]).update(send_at=now)
    Notification.objects.filter(pk__in=[one.pk for one in over]).update(
        expires_at=now + timedelta(microseconds=1)
    )
    until_done(work, lambda: status(rows[1]) == Status.SENT)
    until_done(work, lambda: not over[1].items.present().exists())
    assert status(rows[0]) == Status.SCHEDULED
    assert "could not begin" in caplog.text
    assert "could not expire" in caplog.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("what", "waiting"),
    [("expires_at", {"expired_at": None}), ("send_at", {"status": Status.SCHEDULED})],
)
def test_many_due_at_once_keep_nothing_else_waiting(work, crowd, monkeypatch, what, waiting):
    now = timezone.now()
    many = [to_two(crowd, **{what: now + timedelta(hours=1)}) for _ in range(4)]
    if what == "expires_at":
        until_done(work, lambda: all(status(one) == Status.SENT for one in many))
    large = to_everyone()
    monkeypatch.setattr(worker, "_EACH_S", 0)
    Notification.objects.filter(pk__in=[one.pk for one in many]).update(
        **{what: now + timedelta(microseconds=1)}
    )
    left = Notification.objects.filter(pk__in=[one.pk for one in many], **waiting)
    before = reached(large)
    work()
    work()
    assert left.count() == 2, "one is begun or ended at a time"
    assert reached(large) > before
    until_done(work, lambda: not left.exists())


@pytest.mark.django_db(transaction=True)
def test_a_chunk_that_fails_in_the_database_holds_nobody_up_and_is_tried_again(
    crowd, work, monkeypatch, caplog
):
    bad, good = to_everyone(), to_everyone()
    chunk = Dispatch.chunk
    failures = iter([True] * 3)

    def failing(self, after, upto):
        if self.pk == bad.pk and next(failures, False):
            raise IntegrityError("this one alone")
        chunk(self, after, upto)

    monkeypatch.setattr(Dispatch, "chunk", failing)
    until_done(work, lambda: status(good) == Status.SENT)
    until_done(work, lambda: status(bad) == Status.SENT, most=1000)
    assert reached(bad) == reached(good) == CROWD
    assert "Traceback" not in caplog.text
