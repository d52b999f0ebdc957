"""Many clients brought up to date with one statement."""

import json
from unittest import mock

import pytest

from notifications.inbox import acts, reading
from notifications.inbox.acts import Chosen
from notifications.models import Epoch, Inbox
from notifications.push.catch_up import Ask, catch_up
from notifications.wire import contract, serializers
from notifications.wire.frames import Cursor


def cursor(user, since):
    return Cursor(reading.head(user.pk).epoch, since)


def found(user, since=None):
    (loaded,) = catch_up(
        [Ask(user.notifications_inbox.pk, None if since is None else cursor(user, since))]
    )
    return loaded


def listed(loaded):
    return [json.loads(one) for one in loaded.listed]


def test_what_is_read_is_what_a_page_shows(send, alice):
    send("é" * 200, to=[alice], body="b" * 501, level="warning", url="/x", data={"n": [1, None]})
    one = send(to=[alice], actions=[{"label": "Go", "url": "/go"}], sender="Ana", thread="t")
    acts.mark_read(alice.pk, Chosen([one.pk]))
    page = reading.page(alice.pk, size=50)
    on_page = [serializers.notification(one.item, one.said) for one in page.notifications]
    assert listed(found(alice)) == on_page
    loaded = found(alice, 0)
    by_revision = sorted(on_page, key=lambda shown: shown["revision"])
    assert [json.loads(entry.encoded) for entry in loaded.changes] == by_revision
    head = page.head
    assert (loaded.user, loaded.epoch, loaded.revision) == (head.user, head.epoch, head.revision)
    assert (loaded.unread, loaded.unseen) == (1, 1)


def test_changes_come_once_each_oldest_first_and_removed_ones_as_ids(send, withdraw, alice):
    first, left, gone, last = (send(to=[alice]) for _ in range(4))
    acts.mark_seen(alice.pk, Chosen([first.pk, gone.pk]))
    withdraw(gone)
    acts.mark_read(alice.pk, Chosen([first.pk, last.pk]))
    loaded = found(alice, 1)
    assert [(e.revision, e.id, e.encoded is None) for e in loaded.changes] == [
        (2, str(left.pk), False),
        (6, str(gone.pk), True),
        (7, str(first.pk), False),
        (7, str(last.pk), False),
    ]
    assert (loaded.since, loaded.revision, loaded.unread, loaded.unseen) == (1, 7, 1, 1)


def test_at_the_head_nothing_is_read(send, alice):
    send(to=[alice])
    loaded = found(alice, 1)
    assert (loaded.since, loaded.changes, loaded.listed) == (1, (), None)


def test_what_cannot_be_resumed_from_is_a_snapshot(send, alice, bob):
    for _ in range(2):
        send(to=[alice])
    foreign = Cursor(reading.head(bob.pk).epoch, 1)
    for asked in (None, Cursor("x", 1), foreign, cursor(alice, 3)):
        (loaded,) = catch_up([Ask(alice.notifications_inbox.pk, asked)])
        assert len(loaded.listed) == 2
    assert found(alice, 1).listed is None


def test_too_many_changes_are_a_snapshot_of_the_newest(send, alice):
    Inbox.objects.filter(user=alice).update(revision=0)
    for _ in range(contract.CHANGES_MAX_COUNT + 1):
        send(to=[alice])
    loaded = found(alice, 0)
    assert (len(loaded.listed), loaded.more) == (contract.SNAPSHOT_SIZE, True)
    assert [one["arrived_revision"] for one in listed(loaded)] == list(range(301, 251, -1))
    assert len(found(alice, 1).changes) == contract.CHANGES_MAX_COUNT


def test_of_many_large_changes_only_what_is_sent_is_encoded(send, alice):
    for _ in range(9):
        send(to=[alice], body="b" * 500)
    whole = found(alice, 0)
    assert whole.more is False
    inbox_id, most_bytes = alice.notifications_inbox.pk, 1.5 * whole.changes[0].size_bytes
    position, revisions = 0, []
    with mock.patch.object(serializers, "content", wraps=serializers.content) as encoded:
        for _ in range(3):
            (part,) = catch_up([Ask(inbox_id, cursor(alice, position), most_bytes)])
            assert (part.since, part.revision, part.more) == (position, 9, True)
            position = part.changes[-1].revision
            revisions += [entry.revision for entry in part.changes]
    assert revisions == [1, 2, 3, 4, 5, 6]
    assert encoded.call_count == 3 * (2 + 1)  # one more shows that there is one more


def test_those_who_ask_the_same_share_an_answer(send, alice, bob):
    send(to=[alice, bob])
    asks = [Ask(one.notifications_inbox.pk, cursor(one, 0)) for one in (alice, bob, alice)]
    with mock.patch.object(serializers, "item", wraps=serializers.item) as encoded:
        first, other, again = catch_up(asks)
    assert first is again
    assert first != other
    assert encoded.call_count == 2


def test_many_are_answered_in_their_order_by_one_query(
    send, alice, bob, charlie, django_assert_num_queries
):
    send(to=[alice, bob])
    found(alice)  # and so which epoch it is
    send(to=[bob])
    asks = [
        Ask(charlie.notifications_inbox.pk, None),
        Ask(bob.notifications_inbox.pk, cursor(bob, 1)),
        Ask(alice.notifications_inbox.pk, cursor(alice, 1)),
        Ask(bob.notifications_inbox.pk, None),
        Ask(bob.notifications_inbox.pk, cursor(bob, 1)),
    ]
    with django_assert_num_queries(1):
        answers = catch_up(asks)
    assert [len(a.listed) if a.listed is not None else None for a in answers] == [
        0,
        None,
        None,
        2,
        None,
    ]
    assert [len(a.changes) for a in answers] == [0, 1, 0, 0, 1]


def test_an_inbox_that_is_gone_is_not_made_anew(alice, bob):
    asks = [Ask(one.notifications_inbox.pk, None) for one in (alice, bob)]
    bob.delete()
    mine, gone = catch_up(asks)
    assert (mine.revision, mine.listed) == (0, ())
    assert gone is None
    assert Inbox.objects.get().user == alice


def test_an_epoch_that_has_ended_since_the_last_read_is_noticed(
    send, alice, bob, django_assert_num_queries
):
    send(to=[alice, bob])
    old = cursor(alice, 0)
    found(alice, 0)
    Epoch.renew(Epoch.objects.get().epoch_secret)
    new = cursor(bob, 0)
    assert old.epoch != cursor(alice, 0).epoch
    asks = [Ask(alice.notifications_inbox.pk, old), Ask(bob.notifications_inbox.pk, new)]
    with django_assert_num_queries(2):  # the first by the epoch that was
        of_the_old, of_the_new = catch_up(asks)
    assert (len(of_the_old.listed), of_the_old.epoch) == (1, cursor(alice, 0).epoch)
    assert len(of_the_new.changes) == 1
    with django_assert_num_queries(1):
        catch_up(asks)


def test_without_an_epoch_nobody_has_gone(alice):
    found(alice)
    Epoch.objects.all().delete()
    with pytest.raises(Epoch.DoesNotExist):
        found(alice)


def test_archived_ones_are_in_changes_and_not_in_a_snapshot(send, alice):
    one = send(to=[alice])
    acts.archive(alice.pk, Chosen([one.pk]))
    assert found(alice).listed == ()
    assert json.loads(found(alice, 1).changes[0].encoded)["archived_at"] is not None


@pytest.mark.parametrize("since", [2**53 - 1, 10**15])
def test_a_cursor_far_beyond_is_no_matter(since, send, alice):
    send(to=[alice])
    assert len(found(alice, since).listed) == 1
