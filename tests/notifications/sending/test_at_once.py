"""What goes to few people is stored with its items; where that cannot be, it goes the long way."""

import json
import threading
from datetime import datetime, timedelta
from datetime import timezone as tz

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models.signals import post_save, pre_save
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from notifications.models import Inbox, InboxItem, Level, Notification, Status, audiences
from notifications.preferences import acts as preferences
from notifications.sending import accepting, acts, arrivals, at_once, in_one
from notifications.sending.acts import IdempotencyConflict, IdempotencyKey, Request, Sent
from notifications.sending.dispatch import Dispatch
from notifications.sending.signals import inboxes_changed
from notifications.wire import serializers
from notifications.wire.message import Message
from tests.support.processes import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dispatched(monkeypatch):
    """The notifications that went the long way."""
    pks, run = [], Dispatch.run
    monkeypatch.setattr(
        Dispatch, "run", lambda self, *args: (pks.append(self.pk), run(self, *args))[1]
    )
    return pks


@pytest.fixture
def in_transactions(monkeypatch):
    """By no statement that is its own transaction, as everywhere but on PostgreSQL."""
    monkeypatch.setattr(in_one, "is_possible", lambda: False)


@pytest.fixture
def the_long_way(in_transactions, monkeypatch):
    """Nothing is stored with its items."""
    monkeypatch.setattr(arrivals, "locked", lambda *_args, **_more: {})


def request(title, *users, key=None, **said):
    named = None if key is None else IdempotencyKey("test", key)
    return Request(Message(title, **said), audiences.ChosenUsers([u.pk for u in users], "x"), named)


def send(title, *users, **said):
    one = request(title, *users, **said)
    return acts.send(one.message, audience=one.audience, idempotency=one.idempotency)


def arrived(user):
    items = InboxItem.objects.filter(inbox__user=user).order_by("revision")
    return list(items.values_list("notification__title", "revision", "arrived_revision"))


def test_it_leaves_what_a_dispatch_leaves(dispatched, in_transactions, alice, bob, monkeypatch):
    preferences.mute(bob.pk, "category", "general")
    before = Inbox.objects.get(user=alice).revision
    near = send("Near", alice, bob).notification
    assert dispatched == []
    monkeypatch.setattr(arrivals, "locked", lambda *_args, **_more: {})
    far = send("Far", alice, bob).notification
    assert dispatched == [far.pk]
    told = ("status", "recipient_count", "item_count", "muted_count", "off_count")
    for said in (near, far):
        assert [getattr(said, name) for name in told] == [Status.SENT, 2, 1, 1, 0]
        kept = Notification.objects.get(pk=said.pk)
        assert [getattr(kept, name) for name in told] == [Status.SENT, 2, 1, 1, 0]
        assert kept.cursor == kept.upto >= Inbox.objects.get(user=alice).pk
    assert arrived(alice) == [
        ("Near", before + 1, before + 1),
        ("Far", before + 2, before + 2),
    ]
    assert arrived(bob) == []


@pytest.mark.parametrize(
    "name", ["arrivals.store", "skipping.skipped_of_many", "inboxes_changed.send"]
)
def test_what_fails_in_it_keeps_nobody_from_sending(
    dispatched, in_transactions, alice, monkeypatch, name
):
    def fail(*_args, **_more):
        raise RuntimeError(name)

    with monkeypatch.context() as patch:
        patch.setattr(f"notifications.sending.at_once.{name}", fail)
        sent = acts.send(
            Message("Hello"), audience=audiences.ChosenUsers([alice.pk], "alice")
        ).notification
    assert dispatched == [sent.pk]
    assert Notification.objects.get().pk == sent.pk


def test_many_arrive_in_their_order_by_few_statements(dispatched, alice, bob):
    Inbox.objects.ensure_of([alice.pk, bob.pk])
    few = [request(f"{n}", alice, bob) for n in range(3)]
    with CaptureQueriesContext(connection) as of_few:
        assert all(sent.created for sent in acts.send_each(few))
    many = [request(f"{n}", alice, bob) for n in range(3, 53)]
    with CaptureQueriesContext(connection) as of_many:
        assert all(sent.created for sent in acts.send_each(many))
    # SQLite has a limit to the parameters of one statement.
    assert len(of_many) <= len(of_few) + 4
    assert dispatched == []
    for user in (alice, bob):
        titles, revisions, _ = zip(*arrived(user), strict=True)
        assert list(titles) == [f"{n}" for n in range(53)]
        assert list(revisions) == list(range(revisions[0], revisions[0] + 53))


def test_one_that_is_refused_leaves_the_others_alone(alice, bob):
    send("Before", alice, key="used")
    later = timezone.now() + timedelta(hours=1)
    answers = acts.send_each(
        [
            request("One", alice, key="1"),
            request("", alice),
            request("Two", alice, key="2"),
            request("Other", alice, key="used"),
            request("Before", alice, key="used"),
            request("Later", alice, send_at=later),
            request("Over", alice, expires_at=timezone.now() - timedelta(hours=1)),
            request("One", alice, key="1"),
            request("Three", alice),
        ]
    )
    kinds = [one.created if isinstance(one, Sent) else type(one) for one in answers]
    assert kinds == [
        True, ValidationError, True, IdempotencyConflict, False, True, ValidationError, False, True,
    ]  # fmt: skip
    assert [title for title, *_ in arrived(alice)] == ["Before", "One", "Two", "Three"]


def test_within_a_transaction_nothing_arrives_before_that_commits(dispatched, alice):
    with transaction.atomic():
        sent = send("Hello", alice).notification
        assert sent.status == Status.SENDING
        assert arrived(alice) == []
    assert dispatched == [sent.pk]
    assert len(arrived(alice)) == 1


def test_who_has_no_inbox_yet_gets_one(dispatched, alice):
    Inbox.objects.filter(user=alice).delete()
    send("First", alice)
    send("Second", alice)
    assert len(dispatched) == 1
    assert [title for title, *_ in arrived(alice)] == ["First", "Second"]


def test_the_same_request_at_the_same_time_is_one_notification(alice):
    both, answers = threading.Barrier(4), []

    def ask():
        both.wait()
        answers.append(send("Hello", alice, key="k"))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(one.created for one in answers) == [False, False, False, True]
    assert len({one.notification.pk for one in answers}) == 1
    assert len(arrived(alice)) == 1


@pytest.fixture
def listeners():
    """Connects receivers of a host's to what is said of notifications."""
    connected = []

    def connect(signal, receiver):
        signal.connect(receiver, sender=Notification)
        connected.append((signal, receiver))

    yield connect
    for signal, receiver in connected:
        signal.disconnect(receiver, sender=Notification)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("is_long", [False, True])
def test_who_listens_to_rows_hears_of_each_once(listeners, alice, monkeypatch, count, is_long):
    heard = []
    listeners(pre_save, lambda instance, **said: heard.append((instance.title, said["raw"])))
    listeners(
        post_save,
        lambda instance, created, **said: heard.append((instance.pk, created, said["raw"])),
    )
    if is_long:
        monkeypatch.setattr(arrivals, "locked", lambda *_args, **_more: {})
    sent = list(acts.send_each([request(f"{n}", alice) for n in range(count)]))
    told = [one.notification for one in sent]
    assert sorted(heard, key=str) == sorted(
        [(one.title, False) for one in told] + [(one.pk, True, False) for one in told], key=str
    )


def in_threads(*sends):
    threads = [threading.Thread(target=one) for one in sends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.parametrize("signal", [pre_save, post_save])
def test_who_listens_to_rows_is_called_in_their_senders_threads(listeners, alice, signal):
    """As what keeps a history of rows is, which asks whose request it is."""
    heard, n = {}, 6
    both = threading.Barrier(n)

    def ask(title):
        both.wait()
        send(title, alice)
        connection.close()

    listeners(signal, lambda instance, **_said: heard.update({instance.title: mine.title}))
    mine = threading.local()

    def sender(title):
        def run():
            mine.title = title
            ask(title)

        return run

    in_threads(*(sender(f"{n}") for n in range(n)))
    assert heard == {title: title for title in map(str, range(n))}


@pytest.mark.parametrize("titles", [["One"], ["One", "Two"]])
@pytest.mark.parametrize("error", [IntegrityError, RuntimeError])
def test_what_fails_after_the_commit_takes_nothing_back(listeners, alice, error, titles):
    def fail():
        raise error

    listeners(post_save, lambda **_said: transaction.on_commit(fail))
    sent = list(acts.send_each([request(title, alice) for title in titles]))
    assert [one.created for one in sent] == [True] * len(titles)
    assert [title for title, *_ in arrived(alice)] == titles
    assert Notification.objects.count() == len(titles)


def test_where_nothing_commits_by_itself_it_is_the_senders_to_commit(alice):
    """``AUTOCOMMIT`` off: nothing is shared with other threads, or done beside."""
    Inbox.objects.ensure_of([alice.pk])
    transaction.set_autocommit(False)
    try:
        alice.save()  # or on SQLite the transaction would end with the savepoint that began it
        send("Taken back", alice)
        transaction.rollback()
        assert not Notification.objects.exists()
        send("Kept", alice)
        transaction.commit()
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)
    assert [one.title for one in Notification.objects.all()] == ["Kept"]
    Dispatch(Notification.objects.get().pk).run()
    assert [title for title, *_ in arrived(alice)] == ["Kept"]


def test_nobody_who_has_it_otherwise_is_taken_along(alice):
    """Neither a thread with a transaction open, nor one that commits when it likes."""
    Inbox.objects.ensure_of([alice.pk])
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accepting._sends, "do", lambda one, _room: asked.append(one))
        with transaction.atomic():
            send("Within", alice)
        transaction.set_autocommit(False)
        try:
            send("By hand", alice)
            transaction.commit()
        finally:
            transaction.set_autocommit(True)
        assert asked == []
        send("Alone", alice)
    assert len(asked) == 1


# Whether by one statement, where the database knows how.
WAYS = [True, False] if connection.vendor == "postgresql" else [False]
ODD = {
    "lines": {"body": "one\r\ntwo"},
    "lazy": {"body": gettext_lazy("Yes"), "sender": gettext_lazy("No")},
    "safe": {"body": mark_safe("<b>")},
    "word": {"level": Level.CRITICAL},
    "another zone": {"expires_at": datetime(2100, 1, 2, 3, tzinfo=tz(timedelta(hours=5)))},
    "data": {"data": {"a": [1, 2.5, None], "b": {"c": 1e3}}},
    "no data": {"data": None},
    "actions": {"actions": ({"label": "Yes", "url": "/"},)},
}


@pytest.mark.parametrize("said", ODD.values(), ids=ODD)
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("by_one", WAYS)
def test_what_is_pushed_is_what_is_stored(dispatched, alice, monkeypatch, said, count, by_one):
    """It is told of as it was said; who asks later gets it as the database has it."""
    if not by_one:
        monkeypatch.setattr(in_one, "is_possible", lambda: False)
    pushed = []

    def note(changes, **_said):
        pushed.extend(
            (one.notification.pk, said_of(one.notification), one.arrived_at) for one in changes
        )

    inboxes_changed.connect(note)
    try:
        list(acts.send_each([request("Hello", alice, **said) for _ in range(count)]))
    finally:
        inboxes_changed.disconnect(note)
    assert dispatched == []
    assert pushed == [
        (one.pk, said_of(one), one.items.get().arrived_at)
        for one in Notification.objects.order_by("pk")
    ]
    assert len(pushed) == count


def said_of(notification):
    row = {name: getattr(notification, name) for name in serializers.CONTENT}
    shown = serializers.members(serializers.content(notification.pk, row))
    return json.loads(b"{%b}" % shown)


def test_what_is_committed_is_sent_though_it_cannot_be_looked_at_again(
    the_long_way, alice, monkeypatch
):
    def fail(*_args, **_more):
        raise OperationalError("gone")

    monkeypatch.setattr(Notification, "refresh_from_db", fail)
    assert send("Hello", alice).created
    assert [one.created for one in acts.send_each([request("Again", alice)])] == [True]
    assert Notification.objects.count() == 2


def test_what_is_sent_is_told_of_before_what_fails(alice, monkeypatch):
    """Of many, some of which go in a transaction of their own."""
    later = timezone.now() + timedelta(hours=1)
    answers = acts.send_each([request("One", alice), request("Later", alice, send_at=later)])
    assert next(answers).created

    def fail(*_args, **_more):
        raise OperationalError("gone")

    monkeypatch.setattr(Notification, "save", fail)
    with pytest.raises(OperationalError):
        next(answers)
    assert [title for title, *_ in arrived(alice)] == ["One"]


if connection.vendor == "postgresql":  # on SQLite one writer waits for the other

    def test_an_inbox_that_somebody_else_has_locked_is_not_waited_for(alice, bob):
        Inbox.objects.ensure_of([alice.pk, bob.pk])
        other = connection.copy()
        rows = [Notification(title="Hello", audience_kind="users", audience_ids=[alice.pk, bob.pk])]
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute(
                    "SELECT 1 FROM notifications_inbox WHERE user_id = %s FOR UPDATE", [alice.pk]
                )
                with pytest.raises(at_once.NotPossible), transaction.atomic():
                    at_once.store(rows)
                cursor.execute("ROLLBACK")
        finally:
            other.close()
        assert not Notification.objects.exists()

    def test_who_waits_for_a_key_keeps_nobody_from_an_inbox(alice):
        """Somebody's transaction may have sent the same, and do something in that inbox then."""
        Inbox.objects.ensure_of([alice.pk])
        answers = []

        def ask():
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = 0")  # PostgreSQL's own, as others have it
            answers.append(send("Hello", alice, key="k"))
            connection.close()

        def is_waited_for():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid' "
                    "AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
                )
                return cursor.fetchone() is not None

        def is_free():
            try:
                with transaction.atomic():
                    Inbox.objects.select_for_update(nowait=True).get(user=alice)
            except OperationalError:
                return False
            return True

        waiting = threading.Thread(target=ask)
        with transaction.atomic():
            mine = send("Hello", alice, key="k")
            waiting.start()
            until(is_waited_for, "the other waits for the key")
            until(is_free, "the inbox is free")
        waiting.join(60)
        assert [(one.created, one.notification.pk) for one in answers] == [
            (False, mine.notification.pk)
        ]
        assert len(arrived(alice)) == 1
