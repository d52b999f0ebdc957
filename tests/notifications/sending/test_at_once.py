"""What goes to few people is stored with its items; where that cannot be, it goes the long way."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.models import Inbox, InboxItem, Notification, Status, audiences
from notifications.preferences import acts as preferences
from notifications.sending import acts, arrivals, at_once
from notifications.sending.acts import IdempotencyConflict, IdempotencyKey, Request, Sent
from notifications.sending.dispatch import Dispatch
from notifications.wire.message import Message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dispatched(monkeypatch):
    """The notifications that went the long way."""
    pks, run = [], Dispatch.run
    monkeypatch.setattr(
        Dispatch, "run", lambda self, *args: (pks.append(self.pk), run(self, *args))[1]
    )
    return pks


def request(title, *users, key=None, **said):
    named = None if key is None else IdempotencyKey("test", key)
    return Request(Message(title, **said), audiences.ChosenUsers([u.pk for u in users], "x"), named)


def send(title, *users, **said):
    one = request(title, *users, **said)
    return acts.send(one.message, audience=one.audience, idempotency=one.idempotency)


def arrived(user):
    items = InboxItem.objects.filter(inbox__user=user).order_by("revision")
    return list(items.values_list("notification__title", "revision", "arrived_revision"))


def test_it_leaves_what_a_dispatch_leaves(dispatched, alice, bob, monkeypatch):
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
def test_what_fails_in_it_keeps_nobody_from_sending(dispatched, alice, monkeypatch, name):
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
