"""Who exists when a notification is accepted gets it; who comes later does not."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Session
from notifications import receivers
from notifications.inbox import acts as inbox_acts
from notifications.inbox import reading
from notifications.models import Inbox, InboxItem, Notification, Status, audiences
from notifications.models import inbox as inbox_module
from notifications.sending import acts, worker
from notifications.wire.message import Message


@pytest.fixture
def people(db):
    """Users whom no signal has told of, so that they have no inbox."""

    def create(count, name="u"):
        model = get_user_model()
        new = [model(username=f"{name}{n}", password="!") for n in range(count)]
        return model.objects.bulk_create(new)

    return create


@pytest.fixture
def staff(db):
    return Group.objects.create(name="staff")


def later(message="Later"):
    return Message(message, send_at=timezone.now() + timedelta(hours=1))


def send_now():
    """The time of all that is scheduled has come."""
    Notification.objects.filter(status=Status.SCHEDULED).update(send_at=timezone.now())
    worker.run_due()


def holders(notification):
    items = InboxItem.objects.filter(notification=notification).order_by("inbox__user")
    return list(items.values_list("inbox__user", flat=True))


def pks(users):
    return [user.pk for user in users]


@pytest.mark.parametrize("is_scheduled", [False, True])
def test_who_is_made_in_bulk_before_gets_it_and_who_is_made_after_does_not(people, is_scheduled):
    before = people(5)
    message = later() if is_scheduled else Message("Now")
    sent = acts.send(message, audience=audiences.Everyone()).notification
    people(2, "late")
    get_user_model().objects.create_user("late")
    send_now()
    assert holders(sent) == pks(before)


def test_who_existed_and_joins_the_group_later_gets_what_was_scheduled_for_it(people, staff):
    members, others = people(2), people(2, "other")
    staff.user_set.set(members)
    sent = acts.send(later(), audience=audiences.Groups.of_rows([staff])).notification
    assert sent.recipient_count == 2
    staff.user_set.set([*others, *people(1, "late")])
    send_now()
    assert holders(sent) == pks(others)


def test_who_was_not_active_when_it_was_accepted_may_be_when_it_is_sent(people):
    resting, *_ = chosen = people(2)
    get_user_model().objects.filter(pk=resting.pk).update(is_active=False)
    sent = acts.send(later(), audience=audiences.ChosenUsers.of_rows(chosen)).notification
    assert sent.recipient_count == 1
    get_user_model().objects.update(is_active=True)
    send_now()
    assert holders(sent) == pks(chosen)


def test_a_row_that_was_written_around_it_is_accepted_when_it_is_taken_up(people):
    before = people(3)
    row = Notification(title="Hi", audience_kind="everyone", status=Status.SENDING)
    (sent,) = Notification.objects.bulk_create([row])
    worker.run_due()
    sent.refresh_from_db()
    assert (sent.recipient_count, holders(sent)) == (3, pks(before))


def test_accepting_writes_nothing_where_everybody_has_an_inbox(people):
    people(3)
    acts.send(Message("First"), audience=audiences.Everyone())
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        acts.send(Message("Second"), audience=audiences.Everyone())
    written = [query["sql"] for query in captured if query["sql"].startswith("INSERT")]
    assert len(written) == 1
    assert "notifications_notification" in written[0]


def test_after_migrate_everybody_has_an_inbox_chunk_by_chunk(people, monkeypatch):
    monkeypatch.setattr(inbox_module, "_MADE_AT_ONCE", 3)
    made = people(8)
    Inbox.objects.ensure_of([made[4].pk])
    receivers.create_missing_inboxes("default")
    receivers.create_missing_inboxes("default")
    assert sorted(Inbox.objects.values_list("user", flat=True)) == pks(made)


READS = {
    "a head": lambda pk: reading.head(pk).revision,
    "a page": lambda pk: reading.page(pk, size=5).head.revision,
    "an act": lambda pk: inbox_acts.mark_read(pk, inbox_acts.Chosen([1])).revision,
    "a stream": lambda pk: len(reading.inboxes_of([pk])) - 1,
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_an_inbox_that_is_missing_is_made_once_by_all_who_want_to_read_it(people, read):
    (user,) = people(1)
    both, found = threading.Barrier(3), []

    def look():
        both.wait()
        found.append(read(user.pk))
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [0, 0, 0]
    assert Inbox.objects.get().user == user


def test_whose_user_is_gone_has_no_inbox_and_gets_none(people):
    (user,) = people(1)
    assert reading.inboxes_of([10**9, user.pk]) == [None, Inbox.objects.get().pk]


def test_a_fixture_brings_its_own_inboxes(alice):
    receivers.create_inbox(get_user_model()(pk=10**9), created=True, raw=True, using="default")
    assert Inbox.objects.get().user == alice


def test_keys_that_are_text_are_found_among_many(db):
    ends = timezone.now()
    Session.objects.bulk_create(Session(session_key=key, expire_date=ends) for key in ("a", "x'{,"))
    # One that is longer than the column is no other's.
    asked = ["a", "x'{,", "b", "a" * 100]
    assert sorted(Session.objects.filter(pk__among=asked).values_list("pk", flat=True)) == [
        "a",
        "x'{,",
    ]
