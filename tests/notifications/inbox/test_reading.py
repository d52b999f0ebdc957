from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.inbox import acts, reading
from notifications.inbox.acts import Chosen
from notifications.inbox.search import Search
from notifications.models import Epoch
from notifications.wire import serializers
from notifications.wire.message import Message


@pytest.fixture
def one_query(django_assert_num_queries):
    """Reads are one statement: two could disagree about the revision."""
    return lambda: django_assert_num_queries(1)


def ids(notifications):
    return [int(one.item.id) for one in notifications]


def test_a_page_shows_the_newest_first_and_the_way_to_the_next(send, alice, one_query):
    sent = [send(str(n), to=[alice]).pk for n in range(5)]
    with one_query():
        first = reading.page(alice.pk, size=2)
    second = reading.page(alice.pk, before=first.next_before, size=2)
    third = reading.page(alice.pk, before=second.next_before, size=2)
    assert ids(first.notifications) == [sent[4], sent[3]]
    assert ids(second.notifications) == [sent[2], sent[1]]
    assert ids(third.notifications) == [sent[0]]
    assert third.next_before is None


def test_pages_go_upwards_too_and_end_at_the_newest(send, alice, one_query):
    sent = [send(str(n), to=[alice]).pk for n in range(5)]
    last = reading.page(alice.pk, before=3, size=2)
    held = last.notifications[0].item.arrived_revision
    with one_query():
        above = reading.page(alice.pk, after=held, size=2)
    assert ids(above.notifications) == [sent[3], sent[2]]
    assert ids(reading.page(alice.pk, before=above.next_before, size=9).notifications) == [
        sent[1],
        sent[0],
    ]
    top = reading.page(alice.pk, after=above.next_after, size=2)
    assert (ids(top.notifications), top.next_after) == ([sent[4]], None)


@pytest.mark.parametrize("search", [Search("word"), Search(categories=("news",))])
def test_so_does_what_is_found(send, alice, search):
    sent = [send(f"word {n}", to=[alice], category="news").pk for n in range(3)]
    send("other", to=[alice])
    lowest = reading.page(alice.pk, before=2, size=1, search=search).notifications
    held = lowest[0].item.arrived_revision
    above = reading.page(alice.pk, after=held, size=1, search=search)
    assert ids(above.notifications) == [sent[1]]
    top = reading.page(alice.pk, after=above.next_after, size=5, search=search)
    assert (ids(top.notifications), top.next_after) == ([sent[2]], None)


def test_a_full_last_page_has_no_next(send, alice):
    for _ in range(2):
        send(to=[alice])
    assert reading.page(alice.pk, size=2).next_before is None


def test_an_empty_inbox_still_has_a_head(alice, one_query):
    with one_query():
        page = reading.page(alice.pk, size=2)
    assert (page.head.revision, page.notifications, page.next_before) == (0, [], None)


def test_listings_hold_what_their_names_say(send, alice):
    new, read, archived, snoozed = (send(to=[alice]).pk for _ in range(4))
    acts.snooze(alice.pk, Chosen([snoozed]), timezone.now() + timedelta(hours=1))
    acts.save(alice.pk, Chosen([archived, new]))
    acts.mark_read(alice.pk, Chosen([read]))
    acts.archive(alice.pk, Chosen([archived]))
    listings = {
        name: ids(reading.page(alice.pk, name, size=9).notifications) for name in reading.FILTERS
    }
    assert listings == {
        "inbox": [read, new],
        "unread": [new],
        "snoozed": [snoozed],
        "archived": [archived],
        "saved": [archived, new],
    }


def test_a_notification_reads_as_the_protocol_says(send, alice):
    one = send(
        "Title", to=[alice], body="b" * 501, level="warning", category="billing", url="/x",
        actions=[{"label": "Go", "url": "/go"}], sender="Ana", thread="t1", data={"n": [1, None]},
    )  # fmt: skip
    found = reading.page(alice.pk, size=1).notifications[0]
    assert found.item.arrived_at.tzinfo is not None
    assert found.message == Message(
        "Title", body="b" * 500, level="warning", category="billing", url="/x",
        actions=[{"label": "Go", "url": "/go"}], sender="Ana", thread="t1", data={"n": [1, None]},
    )  # fmt: skip
    shown = serializers.notification(found.item, found.said)
    moments = {name: shown.pop(name) for name in ("arrived_at", "created_at")}
    assert all(len(m) == 24 and m.endswith("Z") for m in moments.values())
    assert shown == {
        "id": str(one.pk),
        "revision": 1,
        "arrived_revision": 1,
        "title": "Title",
        "body": "b" * 500,
        "body_truncated": True,
        "level": "warning",
        "category": "billing",
        "url": "/x",
        "actions": [{"label": "Go", "url": "/go"}],
        "sender": "Ana",
        "thread": "t1",
        "data": {"n": [1, None]},
        "woken": False,
        "seen_at": None,
        "read_at": None,
        "archived_at": None,
        "snoozed_until": None,
        "saved_at": None,
        "expires_at": None,
    }
    whole = reading.one(alice.pk, one.pk)
    assert (whole.message.body, whole.said.body_truncated) == ("b" * 501, False)


def test_what_was_not_given_is_null(send, alice):
    send(to=[alice], body="b" * 500)
    found = reading.page(alice.pk, size=1).notifications[0]
    shown = serializers.notification(found.item, found.said)
    assert (shown["url"], shown["sender"], shown["thread"]) == (None, None, None)
    assert shown["body_truncated"] is False


def test_somebody_elses_is_as_missing_as_what_does_not_exist(send, alice, charlie):
    one = send(to=[alice])
    assert reading.one(charlie.pk, one.pk) is None
    assert reading.one(charlie.pk, 10**15) is None
    for listing in reading.FILTERS:
        assert reading.page(charlie.pk, listing, size=9).notifications == []


def test_keys_differ_from_user_to_user_and_only_the_epochs_change(alice, bob, settings):
    before = reading.head(alice.pk)
    assert (
        len({before.user, before.epoch, reading.head(bob.pk).user, reading.head(bob.pk).epoch}) == 4
    )
    settings.SECRET_KEY = "another"
    assert reading.head(alice.pk) == before
    assert Epoch.renew(Epoch.objects.get().epoch_secret)
    after = reading.head(alice.pk)
    assert after.user == before.user
    assert after.epoch != before.epoch


def test_of_two_who_end_an_epoch_one_wins(db):
    secret = Epoch.objects.get().epoch_secret
    assert Epoch.renew(secret)
    assert not Epoch.renew(secret)
