"""The walk: chunks, leases, fences, and a database that fails now and then."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, transaction
from django.utils import timezone

from notifications import audiences, dispatcher, log_limits, sending, walks
from notifications.dispatch import Dispatch
from notifications.models import Inbox, InboxItem, Notification, Status


@pytest.fixture(autouse=True)
def small_chunks(settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 3
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0


@pytest.fixture
def crowd(db):
    users = get_user_model().objects.bulk_create(
        get_user_model()(username=f"u{n}", password="!") for n in range(10)
    )
    return list(users)


@pytest.fixture
def waiting(crowd):
    """A notification to everyone that nobody has begun to dispatch."""
    return sending.send("Hello", audience=audiences.Everyone()).notification


def arrived(notification):
    items = InboxItem.objects.filter(notification=notification)
    return sorted(items.values_list("inbox_id", flat=True))


def test_a_large_audience_is_left_to_a_dispatcher(crowd, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        sent = sending.send("Hello", audience=audiences.Everyone()).notification
    assert not InboxItem.objects.exists()
    dispatcher.run_due()
    assert arrived(sent) == [user.pk for user in crowd]


def test_the_walk_reaches_everybody_chunk_by_chunk(waiting, crowd):
    walk = Dispatch(waiting.pk)
    assert walk.claim()
    sizes = []
    while not walk.is_done:
        before = InboxItem.objects.count()
        assert walk.step()
        sizes.append(InboxItem.objects.count() - before)
    assert sizes == [3, 3, 3, 1]
    waiting.refresh_from_db()
    assert (waiting.status, waiting.item_count) == (Status.SENT, 10)
    assert Inbox.objects.filter(revision=1, unread_count=1, unseen_count=1).count() == 10


def test_who_holds_no_lease_does_not_walk(waiting):
    first, second = Dispatch(waiting.pk), Dispatch(waiting.pk)
    assert first.claim()
    assert not second.run()
    assert not InboxItem.objects.exists()


def test_an_expired_lease_is_taken_over_and_its_holder_is_fenced_off(waiting, crowd):
    first = Dispatch(waiting.pk)
    first.claim()
    first.step()
    Notification.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert Dispatch(waiting.pk).run()
    assert not first.step()
    assert arrived(waiting) == [user.pk for user in crowd]
    assert Inbox.objects.filter(revision=1).count() == 10


def test_a_walk_that_is_stopped_is_free_at_once(waiting):
    stop = threading.Event()
    stop.set()
    assert not Dispatch(waiting.pk).run(stop)
    assert len(arrived(waiting)) == 3  # the chunk at hand was finished
    assert Dispatch(waiting.pk).run()
    assert len(arrived(waiting)) == 10


def test_who_is_deactivated_before_their_turn_is_skipped(waiting, crowd):
    get_user_model().objects.filter(pk__in=[crowd[1].pk, crowd[9].pk]).update(is_active=False)
    dispatcher.run_due()
    assert len(arrived(waiting)) == 8
    waiting.refresh_from_db()
    assert (waiting.recipient_count, waiting.item_count) == (10, 8)


def test_who_is_deactivated_between_the_reading_and_the_writing_of_a_chunk_is_skipped(
    waiting, crowd, monkeypatch
):
    fence = Dispatch._fence

    def fence_then_deactivate(self, end):
        get_user_model().objects.filter(pk=crowd[0].pk).update(is_active=False)
        return fence(self, end)

    monkeypatch.setattr(Dispatch, "_fence", fence_then_deactivate)
    dispatcher.run_due()
    assert arrived(waiting) == [user.pk for user in crowd[1:]]


@pytest.mark.django_db(transaction=True)
def test_a_chunk_that_fails_is_tried_again_and_leaves_nothing_behind(crowd, monkeypatch, caplog):
    sent = sending.send("Hello", audience=audiences.Everyone()).notification
    chunk, failures = Dispatch.chunk, iter([True, False, True, True])

    def failing(self, after, upto):
        chunk(self, after, upto)
        if next(failures, False):
            raise OperationalError("database is locked")

    monkeypatch.setattr(Dispatch, "chunk", failing)
    assert Dispatch(sent.pk).run()
    assert arrived(sent) == [user.pk for user in crowd]
    assert Inbox.objects.filter(revision=1).count() == 10
    assert caplog.text.count("database is locked") == 3
    assert "Traceback" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_on_failing_leaves_the_walk_to_others(crowd, monkeypatch):
    monkeypatch.setattr(walks, "_FIRST_RETRY_S", 0.0001)
    sent = sending.send("Hello", audience=audiences.Everyone()).notification

    def failing(self, after, upto):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Dispatch, "chunk", failing)
        assert not Dispatch(sent.pk).run()
    Notification.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert Dispatch(sent.pk).run()


@pytest.mark.django_db(transaction=True)
def test_a_failing_dispatch_never_reaches_the_sender(alice, monkeypatch):
    monkeypatch.setattr(walks, "_FIRST_RETRY_S", 0.0001)

    def failing(self, after, upto):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Dispatch, "chunk", failing)
        sent = sending.send("Hello", audience=audiences.Everyone()).notification
    assert sent.status == Status.SENDING
    Notification.objects.update(lease_until=None)
    dispatcher.run_due()
    assert arrived(sent) == [alice.pk]


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_a_failure_is_the_transactions_own(crowd, monkeypatch):
    sent = sending.send("Hello", audience=audiences.Everyone()).notification

    def failing(self, after, upto):
        raise OperationalError("gone")

    monkeypatch.setattr(Dispatch, "chunk", failing)
    with pytest.raises(OperationalError), transaction.atomic():
        Dispatch(sent.pk).run()


def test_the_dispatcher_outlives_a_bug(waiting, monkeypatch, caplog):
    stop = threading.Event()

    def broken(_self, _stop):
        stop.set()
        raise RuntimeError("a bug")

    monkeypatch.setattr(dispatcher.Dispatcher, "turn", broken)
    monkeypatch.setattr(dispatcher.connection, "close", lambda: None)
    monkeypatch.setattr(dispatcher, "close_old_connections", lambda: None)
    log_limits.PROCESS.clear()
    dispatcher.run(stop)
    assert "A bug in dispatcher: RuntimeError: a bug" in caplog.text


def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up(waiting, crowd):
    dead = Dispatch(waiting.pk)
    assert dead.claim()
    assert dead.step()
    Notification.objects.update(lease_until=timezone.now() + timedelta(hours=1))
    assert Dispatch(waiting.pk).run()
    assert not dead.step()
    assert arrived(waiting) == [user.pk for user in crowd]
