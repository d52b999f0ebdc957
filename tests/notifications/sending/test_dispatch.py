"""The job: chunks, leases, fences, and a database that fails now and then."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.models import Inbox, InboxItem, Notification, Status, audiences, sql
from notifications.process import log_limits
from notifications.sending import acts, jobs, small_sends, worker
from notifications.sending.dispatch import Dispatch
from notifications.sending.signals import inboxes_changed
from notifications.wire.message import Message
from tests.support.processes import until


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
    return acts.send(Message("Hello"), audience=audiences.Everyone()).notification


def arrived(notification):
    items = InboxItem.objects.filter(notification=notification)
    return sorted(items.values_list("inbox__user_id", flat=True))


def made_in_bulk(count, user):
    """Notifications to one user that no signal has told of."""
    said = {"audience_kind": "users", "audience_ids": [user.pk], "status": Status.SENDING}
    return Notification.objects.bulk_create(
        Notification(title=f"Number {n}", **said) for n in range(count)
    )


def commits(queries):
    return sum(one["sql"] == "COMMIT" for one in queries.captured_queries)


def item_count():
    return InboxItem.objects.count()


def test_a_large_audience_is_left_to_a_dispatcher(crowd, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        sent = acts.send(Message("Hello"), audience=audiences.Everyone()).notification
    assert not InboxItem.objects.exists()
    worker.run_due()
    assert arrived(sent) == [user.pk for user in crowd]


def test_the_walk_reaches_everybody_chunk_by_chunk(waiting, crowd):
    job = Dispatch(waiting.pk)
    assert job.begin()
    sizes = [InboxItem.objects.count()]
    while not job.is_done:
        before = InboxItem.objects.count()
        assert job.step()
        sizes.append(InboxItem.objects.count() - before)
    assert sizes == [3, 3, 3, 1]
    waiting.refresh_from_db()
    assert (waiting.status, waiting.item_count) == (Status.SENT, 10)
    assert Inbox.objects.filter(revision=1, unread_count=1, unseen_count=1).count() == 10


def test_it_reaches_the_same_by_sql_that_is_made_for_each_chunk(waiting, crowd, monkeypatch):
    """As where a manager of the project's says who is there."""
    monkeypatch.setattr(sql, "is_plain", lambda _model: False)
    get_user_model().objects.filter(pk=crowd[1].pk).update(is_active=False)
    worker.run_due()
    assert arrived(waiting) == [user.pk for user in crowd if user != crowd[1]]


def test_who_holds_no_lease_does_not_walk(waiting):
    first, second = Dispatch(waiting.pk), Dispatch(waiting.pk)
    assert first.begin()
    assert not second.run()
    assert len(arrived(waiting)) == 3


def test_an_expired_lease_is_taken_over_and_its_holder_is_fenced_off(waiting, crowd):
    first = Dispatch(waiting.pk)
    first.begin()
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
    worker.run_due()
    assert len(arrived(waiting)) == 8
    waiting.refresh_from_db()
    assert (waiting.recipient_count, waiting.item_count) == (10, 8)


def test_who_is_deactivated_between_the_reading_and_the_writing_of_a_chunk_is_skipped(
    waiting, crowd, monkeypatch
):
    take = Dispatch._take

    def deactivate_then_take(self, *said):
        get_user_model().objects.filter(pk=crowd[0].pk).update(is_active=False)
        return take(self, *said)

    monkeypatch.setattr(Dispatch, "_take", deactivate_then_take)
    worker.run_due()
    assert arrived(waiting) == [user.pk for user in crowd[1:]]


@pytest.mark.django_db(transaction=True)
def test_a_chunk_that_fails_is_tried_again_and_leaves_nothing_behind(crowd, monkeypatch, caplog):
    sent = acts.send(Message("Hello"), audience=audiences.Everyone()).notification
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
    monkeypatch.setattr(jobs, "_FIRST_RETRY_S", 0.0001)
    sent = acts.send(Message("Hello"), audience=audiences.Everyone()).notification

    def failing(self, after, upto):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Dispatch, "chunk", failing)
        assert not Dispatch(sent.pk).run()
    Notification.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert Dispatch(sent.pk).run()


@pytest.mark.django_db(transaction=True)
def test_a_failing_dispatch_never_reaches_the_sender(alice, monkeypatch):
    monkeypatch.setattr(jobs, "_FIRST_RETRY_S", 0.0001)

    def failing(self, after, upto):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Dispatch, "chunk", failing)
        sent = acts.send(Message("Hello"), audience=audiences.Everyone()).notification
    assert sent.status == Status.SENDING
    Notification.objects.update(lease_until=None)
    worker.run_due()
    assert arrived(sent) == [alice.pk]


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_a_failure_is_the_transactions_own(crowd, monkeypatch):
    sent = acts.send(Message("Hello"), audience=audiences.Everyone()).notification

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

    monkeypatch.setattr(worker.Dispatcher, "turn", broken)
    monkeypatch.setattr(worker.connection, "close", lambda: None)
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    log_limits.PROCESS.clear()
    worker.run(stop)
    assert "A bug in dispatcher: RuntimeError: a bug" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_walk_of_one_chunk_is_one_transaction(alice):
    made = made_in_bulk(1, alice)
    with CaptureQueriesContext(connection) as queries:
        assert Dispatch(made[0].pk).run()
    assert commits(queries) == 1
    assert arrived(made[0]) == [alice.pk]


@pytest.mark.django_db(transaction=True)
def test_small_ones_that_are_made_in_bulk_share_their_transactions(alice, settings, monkeypatch):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 10
    monkeypatch.setattr(small_sends, "_READING_S", 60)
    made = made_in_bulk(40, alice)
    with CaptureQueriesContext(connection) as queries:
        worker.run_due()
    # Nothing else of what is due writes here.
    assert commits(queries) == 4
    assert Inbox.objects.get(user=alice).revision == len(made)
    assert not Notification.objects.exclude(
        status=Status.SENT, recipient_count=1, item_count=1, upto=alice.notifications_inbox.pk
    ).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "error", [ValueError("its own"), IntegrityError("its own"), OperationalError("of all, maybe")]
)
def test_one_of_many_small_sends_that_fails_undoes_no_other(alice, settings, caplog, error):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 100
    made = made_in_bulk(10, alice)
    bad = made[4]

    def fail(changes, **_signal):
        if bad.pk in {one.notification.pk for one in changes}:
            raise error

    # At the end of the transaction, whether it is about one of them or about all.
    inboxes_changed.connect(fail)
    try:
        work = worker.Dispatcher()
        until(lambda: work.turn(threading.Event()) >= 0 and item_count() == 9, "the others go")
    finally:
        inboxes_changed.disconnect(fail)
    bad.refresh_from_db()
    assert (bad.status, bad.item_count, bad.cursor) == (Status.SENDING, 0, 0)
    assert Inbox.objects.get(user=alice).revision == 9
    until(lambda: work.turn(threading.Event()) >= 0 and item_count() == 10, "it is sent, too")
    assert Inbox.objects.get(user=alice).revision == 10
    assert "Dispatch" in caplog.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "bad",
    [
        {"audience_kind": "planet"},
        {"audience_ids": ["one"]},
        {"audience_ids": [{}]},
        {"audience_ids": 7},
        {"audience_ids": [10**30]},
    ],
)
def test_rows_that_name_no_audience_hold_up_nobody(alice, caplog, bad):
    made = made_in_bulk(33, alice)
    # Around the model, which would not take it.
    Notification.objects.filter(pk__in=[one.pk for one in made[:30]]).update(**bad)
    work = worker.Dispatcher()
    until(lambda: work.turn(threading.Event()) >= 0 and item_count() >= 3, "the others are sent")
    left = Notification.objects.filter(status=Status.SENDING).values_list("pk", flat=True)
    # Who names numbers that nobody has sends to nobody.
    assert set(left) <= {one.pk for one in made[:30]}
    assert item_count() == 3


def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up(waiting, crowd):
    dead = Dispatch(waiting.pk)
    assert dead.begin()
    assert dead.step()
    Notification.objects.update(lease_until=timezone.now() + timedelta(hours=1))
    assert Dispatch(waiting.pk).run()
    assert not dead.step()
    assert arrived(waiting) == [user.pk for user in crowd]
