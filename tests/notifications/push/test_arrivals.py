"""What has arrived in many inboxes, read for the streams of all of them."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.inbox import acts
from notifications.inbox.acts import Chosen
from notifications.models import Epoch, Inbox, InboxItem, Notification
from notifications.models.audiences import ChosenUsers
from notifications.push import arrivals, catch_up, hints
from notifications.push.catch_up import Ask
from notifications.sending import acts as sending_acts
from notifications.wire import opaque_ids
from notifications.wire.frames import Cursor
from notifications.wire.message import Message

pytestmark = pytest.mark.django_db(transaction=True)


def send(*users, **said):
    message = Message("Hello", body="b" * 999, **said)
    audience = ChosenUsers([user.pk for user in users], "some")
    return sending_acts.send(message, audience=audience).notification


def inbox_ids(*users):
    return list(Inbox.objects.filter(user__in=users).order_by("pk").values_list("pk", flat=True))


def told(ids, after_item=None):
    """What each inbox's streams are told, as frames."""
    bodies = arrivals.read("tag", ids, after_item)
    return {pk: json.loads(frame) for body in bodies for pk, _, frame in hints.read(body, ids)}


def read_alone(inbox_id):
    """What a stream finds that is one step behind."""
    inbox, epoch = Inbox.objects.get(pk=inbox_id), Epoch.objects.get().epoch_secret
    cursor = Cursor(opaque_ids.opaque(epoch, inbox_id), inbox.revision - 1)
    (loaded,) = catch_up.catch_up([Ask(inbox_id, cursor)])
    (change,) = loaded.changes
    return {
        "since": inbox.revision - 1,
        "revision": loaded.revision,
        "counts": json.loads(loaded.counts),
        "notification": json.loads(change.encoded),
    }


def test_all_are_told_what_each_would_have_read(alice, bob, charlie):
    send(bob)
    send(alice, bob, sender="Ana", level="warning", category="billing", url="/x/")
    send(charlie)
    ids = inbox_ids(alice, bob, charlie)
    frames = told(ids)
    assert sorted(frames) == ids
    for pk, frame in frames.items():
        (notification,) = frame["notifications"]
        said = {name: frame[name] for name in ("since", "revision", "counts")}
        assert said | {"notification": notification} == read_alone(pk)


@pytest.mark.parametrize("whose", [(0, 1), (0, 1, 2)])
def test_in_the_order_in_which_it_came_all_are_told_the_same(alice, bob, charlie, whose):
    one, last_before = send(alice, bob, charlie), InboxItem.objects.latest("pk").pk
    send(bob)
    send(alice, charlie, sender="Ana")
    acts.mark_read(bob.pk, Chosen([one.pk]))
    ids = [inbox_ids(alice, bob, charlie)[n] for n in whose]
    frames = told(ids)
    assert frames == told(ids, last_before) == told(ids, 0)
    assert set(frames) == set(ids) - set(inbox_ids(bob))
    assert not told(ids, InboxItem.objects.latest("pk").pk)


def test_many_cost_no_more_statements_than_one(alice, bob, charlie):
    send(alice, bob, charlie)
    ids = inbox_ids(alice, bob, charlie)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert len(arrivals.read("tag", ids)) == 1
    assert len(asked) == 2


def test_what_is_no_arrival_is_left_to_whoever_reads(alice, bob, charlie):
    one = send(alice, bob, charlie)
    acts.mark_read(alice.pk, Chosen([one.pk]))
    sending_acts.withdraw(send(bob).pk)
    assert sorted(told(inbox_ids(alice, bob, charlie))) == inbox_ids(charlie)


def test_a_bad_row_is_told_as_what_is_left_of_it(alice, bob):
    one = send(alice)
    send(bob)
    Notification.objects.filter(pk=one.pk).update(actions=[1])
    assert sorted(told(inbox_ids(alice, bob))) == inbox_ids(alice, bob)
