"""What is stored by one statement is what a transaction of many would have stored (PostgreSQL)."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, OperationalError, connection
from django.db.models import Manager
from django.utils import timezone

from notifications.models import Inbox, InboxItem, Level, Notification, audiences, sql
from notifications.models.audience import UnknownNames
from notifications.preferences import acts as preferences
from notifications.preferences.categories import Channels
from notifications.sending import acts, at_once, in_one
from notifications.sending.acts import IdempotencyKey, Request
from notifications.sending.signals import inboxes_changed
from notifications.wire.message import Message
from tests.support.processes import until

pytestmark = pytest.mark.django_db(transaction=True)

OWN = {"id", "created_at", "title", "idempotency_key", "request_hash"}
COLUMNS = [
    field.attname for field in Notification._meta.concrete_fields if field.attname not in OWN
]


def request(title, *users, key=None, **said):
    named = None if key is None else IdempotencyKey("test", key)
    return Request(Message(title, **said), audiences.ChosenUsers([u.pk for u in users], "x"), named)


def send(title, *users, **said):
    (sent,) = acts.send_each([request(title, *users, **said)])
    return sent.notification


@pytest.fixture
def people(alice, bob, charlie):
    people = (alice, bob, charlie)
    Inbox.objects.ensure_of([user.pk for user in people])
    return people


def state():
    return {
        inbox.user_id: (inbox.revision, inbox.unread_count, inbox.unseen_count)
        for inbox in Inbox.objects.all()
    }


def moved(before):
    return {
        user: tuple(now - then for now, then in zip(numbers, before[user], strict=True))
        for user, numbers in state().items()
    }


def left_by(requests):
    """What these leave: the rows, the items from the inboxes' revisions on, and what was told."""
    before, told = state(), []

    def note(changes, **_said):
        told.extend(
            (
                one.notification.title,
                [tuple(now) for now in one.inboxes],
            )
            for one in changes
        )

    inboxes_changed.connect(note)
    try:
        sent = [one.notification for one in acts.send_each(requests)]
    finally:
        inboxes_changed.disconnect(note)
    items = InboxItem.objects.filter(notification__in=sent).order_by("notification", "inbox")
    kept = Notification.objects.filter(pk__in=[one.pk for one in sent]).order_by("pk")
    return {
        "rows": list(kept.values("title", "idempotency_key", *COLUMNS)),
        "returned": [{name: getattr(one, name) for name in ("title", *COLUMNS)} for one in sent],
        "items": [
            (
                item.notification.title,
                item.inbox.user_id,
                item.revision - before[item.inbox.user_id][0],
                item.arrived_revision - before[item.inbox.user_id][0],
                [item.delivered_at, item.seen_at, item.read_at, item.archived_at],
                [item.snoozed_until, item.woken, item.saved_at, item.removed_at],
            )
            for item in items
        ],
        "moved": moved(before),
        "told": told,
    }


def without_counts(left):
    """As of inboxes that begin anew: what is told are whole numbers, and these have moved on."""
    told = [(title, [pk for pk, *_ in inboxes]) for title, inboxes in left["told"]]
    return {**left, "told": told}


def several(alice, bob, charlie):
    later = timezone.now() + timedelta(days=1)
    return [
        request("One", bob, alice, body="line\r\nline", key=None),
        request("Two", alice, level=Level.CRITICAL, url="/x", sender="Shop", thread="t"),
        request("Three", charlie, alice, data={"a": [1, 2.5, None, "é\U0001f600"]}, key="three"),
        request("Four", bob, expires_at=later, actions=({"label": "Yes", "url": "/"},)),
    ]


if connection.vendor == "postgresql":

    @pytest.fixture
    def stored(monkeypatch):
        """Whether each that was tried by one statement was stored by it."""
        tried, store = [], in_one.store

        def note(rows):
            arrived = store(rows)
            tried.append(arrived is not None)
            return arrived

        monkeypatch.setattr(in_one, "store", note)
        return tried

    def test_it_leaves_what_a_transaction_leaves(people, stored, monkeypatch):
        asked = several(*people)
        by_one = left_by(asked)
        assert stored == [True]
        Notification.objects.update(idempotency_key=None, idempotency_scope="")
        monkeypatch.setattr(in_one, "is_possible", lambda: False)
        by_many = left_by(asked)
        assert stored == [True]
        assert without_counts(by_one) == without_counts(by_many)
        assert by_one["moved"][people[0].pk] == (3, 3, 3)

    def test_what_is_told_is_where_the_inboxes_stand(people, stored):
        left = left_by(several(*people))
        assert stored == [True]
        last = {pk: now for _, inboxes in left["told"] for pk, *now in inboxes}
        assert last == {
            inbox.pk: [inbox.revision, inbox.unread_count, inbox.unseen_count]
            for inbox in Inbox.objects.all()
        }

    @pytest.mark.parametrize(
        "mute", [("category", "general"), ("sender", "Shop"), ("thread", "t"), ("off", "general")]
    )
    def test_who_does_not_want_it_is_left_out_by_a_transaction(people, stored, mute):
        alice, bob, _ = people
        kind, value = mute
        if kind == "off":
            preferences.choose(bob.pk, rows={value: Channels(inbox=False)})
        else:
            preferences.mute(bob.pk, kind, value)
        sent = send("Hello", alice, bob, sender="Shop", thread="t")
        assert stored == [False]
        assert (sent.item_count, sent.skipped_count) == (1, 1)
        assert not InboxItem.objects.filter(inbox__user=bob).exists()

    def test_a_rule_about_something_else_makes_no_difference(people, stored):
        alice, bob, _ = people
        preferences.mute(bob.pk, "category", "other")
        assert send("Hello", alice, bob).item_count == 2
        preferences.mute(bob.pk, "category", "general")
        assert send("Hello", alice, bob, level=Level.CRITICAL).item_count == 2
        assert stored == [True, True]

    def test_a_category_that_is_off_for_all_is_for_a_transaction(people, stored, settings):
        settings.NOTIFICATIONS_PREFERENCES = {"general": {"inbox": False}}
        preferences.choose(people[1].pk, rows={"general": Channels()})
        sent = send("Hello", *people)
        assert stored == [False]
        assert (sent.item_count, sent.off_count) == (1, 2)

    def test_who_is_not_active_gets_nothing(people, stored):
        get_user_model().objects.filter(pk=people[1].pk).update(is_active=False)
        assert send("Hello", *people).item_count == 2
        assert stored == [False]

    @pytest.fixture
    def other():
        """Another connection, in a transaction."""
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                yield cursor
                cursor.execute("ROLLBACK")
        finally:
            other.close()

    def test_a_locked_inbox_is_not_waited_for(people, other):
        other.execute(
            "SELECT 1 FROM notifications_inbox WHERE user_id = %s FOR UPDATE", [people[0].pk]
        )
        one = request("Hello", *people)
        rows = [Notification(title="Hello", audience_kind="users", audience_ids=one.audience.ids)]
        assert in_one.store(rows) is None
        assert not Notification.objects.exists()

    def test_who_mutes_it_before_the_inbox_is_locked_does_not_get_it(people, stored, monkeypatch):
        """Rules are read as they were when the statement began; the inbox, as it is then."""
        alice = people[0]
        make = in_one._made(get_user_model())
        locking, statement = make
        where = 'WHERE ("notifications_inbox"'
        assert statement.count(where) == 1
        waits = statement.replace(
            where, where.replace("(", "((SELECT pg_advisory_xact_lock(7))::text = '' AND ")
        )
        monkeypatch.setattr(in_one, "_made_once", lambda _users: (locking, waits))

        def is_waited_for():
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'")
                return cursor.fetchone() is not None

        def ask():
            send("Hello", alice)
            connection.close()

        asking = threading.Thread(target=ask)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(7)")
            asking.start()
            until(is_waited_for, "the statement has begun")
            preferences.mute(alice.pk, "category", "general")
            cursor.execute("SELECT pg_advisory_unlock(7)")
        asking.join(60)
        assert not asking.is_alive()
        assert stored == [False]
        assert Notification.objects.get().muted_count == 1
        assert not InboxItem.objects.exists()

    def test_of_what_may_be_committed_nothing_is_tried_again(people, monkeypatch):
        def fail(_rows):
            raise OperationalError("the connection is lost")

        monkeypatch.setattr(in_one, "store", fail)
        with pytest.raises(OperationalError):
            send("Hello", *people)
        assert not Notification.objects.exists()

    @pytest.mark.parametrize("sql", ["SELECT 1/0", "SELECT nothing", "SELECT 1 FROM nowhere"])
    def test_what_the_database_refuses_goes_another_way(people, monkeypatch, sql):
        def fail(_rows):
            with connection.cursor() as cursor:
                cursor.execute(sql)

        monkeypatch.setattr(in_one, "store", fail)
        assert send("Hello", *people).item_count == 3

    def test_what_was_sent_already_is_found(people, monkeypatch):
        before = send("Hello", *people, key="k")
        monkeypatch.setattr("notifications.sending.accepting._few", lambda _one, _known: 3)
        with pytest.raises(IntegrityError):
            in_one.store([at_once.copy.copy(before)])
        assert send("Hello", *people, key="k").pk == before.pk
        assert InboxItem.objects.count() == 3

    def test_what_follows_takes_nothing_back(people, stored):
        def fail(**_said):
            raise RuntimeError

        inboxes_changed.connect(fail)
        try:
            sent = send("Hello", *people)
        finally:
            inboxes_changed.disconnect(fail)
        assert stored == [True]
        assert sent.items.count() == 3


class Hiding(Manager):
    def get_queryset(self):
        return super().get_queryset().exclude(username="hidden")


def test_a_manager_that_hides_somebody_is_asked_each_time(people, monkeypatch):
    users = get_user_model()
    assert sql.is_plain(users)
    hiding = Hiding()
    hiding.model = users
    monkeypatch.setitem(vars(users._meta), "default_manager", hiding)
    assert not sql.is_plain(users)
    users.objects.filter(pk=people[2].pk).update(username="hidden")
    with pytest.raises(UnknownNames):
        audiences.ChosenUsers.named(["hidden"])
    sent = send("Hello", *people)
    assert sent.item_count == 2
