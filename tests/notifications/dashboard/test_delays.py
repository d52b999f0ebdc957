"""Within what time 95 of 100 have a send, of those who were there."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.dashboard import delays
from notifications.dashboard.delays import Delays
from notifications.models import Inbox, InboxItem, Notification, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(user):
    """A send whose recipients had it so many seconds after it came; None: they have it not."""

    def make(*took_s):
        notification = Notification.objects.create(
            title="Hello", status=Status.SENT, audience_kind="everyone", item_count=len(took_s)
        )
        people = [user(f"user{notification.pk}-{n}") for n in range(len(took_s))]
        arrived_at = timezone.now()
        InboxItem.objects.bulk_create(
            InboxItem(
                inbox=Inbox.objects.get_or_create(user=one)[0], notification=notification,
                revision=1, arrived_revision=1, arrived_at=arrived_at,
                delivered_at=None if s is None else arrived_at + timedelta(seconds=s),
            )
            for one, s in zip(people, took_s, strict=True)
        )  # fmt: skip
        return notification

    return make


def p95(known, notification, delivered):
    counts = {notification.pk: delivered}, {notification.pk: notification.item_count}
    return known.p95(*counts)[notification.pk]


@pytest.mark.parametrize(
    ("took_s", "is_within_s"),
    [
        ([2], 2),
        ([n / 10 for n in range(1, 21)], 1.9),
        # Nobody has it before it came, whatever two clocks say.
        ([-3], 0),
        # Who has it not, or was away when it came, says nothing of how soon one has it.
        ([1, 2, None, None, 4_000], 2),
        ([None], None),
        ([4_000], None),
    ],
)
def test_it_is_that_of_those_who_were_there(sent, took_s, is_within_s):
    assert p95(Delays(), sent(*took_s), delivered=1) == is_within_s


def test_what_came_back_from_a_snooze_is_left_out(sent):
    notification = sent(1, 50)
    last = InboxItem.objects.filter(notification=notification).order_by("pk").last()
    InboxItem.objects.filter(pk=last.pk).update(woken=True)
    assert p95(Delays(), notification, delivered=2) == 1


def test_of_a_large_send_a_part_is_read_from_all_over_it(sent, monkeypatch):
    monkeypatch.setattr(delays, "_SAMPLE", 10)
    notification = sent(*[1] * 20, *[9] * 20)
    with CaptureQueriesContext(connection) as queries:
        assert p95(Delays(), notification, delivered=40) == 9
    assert all("LIMIT 2" in query["sql"] for query in queries[1:])


def test_it_is_read_again_once_more_have_it_and_a_few_sends_at_a_time(sent, monkeypatch):
    monkeypatch.setattr(delays, "_AT_ONCE", 2)
    several = [sent(n) for n in (1, 2, 3)]
    items = {one.pk: 1 for one in several}
    delivered, known = dict(items), Delays()
    first = known.p95(delivered, items)
    assert list(first.values()) == [1, 2, None]
    assert list(known.p95(delivered, items).values()) == [1, 2, 3]
    with CaptureQueriesContext(connection) as queries:
        known.p95(delivered, items)
    assert not queries
    InboxItem.objects.update(delivered_at=timezone.now() - timedelta(hours=1))
    # Of all three more is known: each has its turn.
    delivered = dict.fromkeys(items, 2)
    assert list(known.p95(delivered, items).values()) == [0, 0, 3]
    assert list(known.p95(delivered, items).values()) == [0, 0, 0]
