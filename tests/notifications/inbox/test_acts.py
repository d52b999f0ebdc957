"""The acts of a recipient, by the transition table of the protocol."""

import pytest
from django.db import connection

from notifications.inbox import acts, reading
from notifications.inbox.acts import AllUpTo, Chosen
from notifications.models import Inbox, InboxItem

ACTS = {
    "seen": acts.mark_seen,
    "read": acts.mark_read,
    "unread": acts.mark_unread,
    "archive": acts.archive,
    "restore": acts.restore,
}
# State of an item: seen, read, archived. For each act: the state after, or None where it is
# skipped, and what becomes of the counts (unread, unseen).
NEW, SEEN, READ = (False, False, False), (True, False, False), (True, True, False)
OLD_NEW, OLD_SEEN, OLD_READ = (False, False, True), (True, False, True), (True, True, True)
TABLE = [
    ("seen", NEW, SEEN, (0, -1)),
    ("seen", SEEN, None, (0, 0)),
    ("seen", READ, None, (0, 0)),
    ("seen", OLD_NEW, OLD_SEEN, (0, 0)),
    ("seen", OLD_SEEN, None, (0, 0)),
    ("read", NEW, READ, (-1, -1)),
    ("read", SEEN, READ, (-1, 0)),
    ("read", READ, None, (0, 0)),
    ("read", OLD_NEW, OLD_READ, (0, 0)),
    ("read", OLD_SEEN, OLD_READ, (0, 0)),
    ("unread", NEW, None, (0, 0)),
    ("unread", READ, SEEN, (1, 0)),
    ("unread", OLD_READ, OLD_SEEN, (0, 0)),
    ("archive", NEW, OLD_NEW, (-1, -1)),
    ("archive", SEEN, OLD_SEEN, (-1, 0)),
    ("archive", READ, OLD_READ, (0, 0)),
    ("archive", OLD_NEW, None, (0, 0)),
    ("restore", NEW, None, (0, 0)),
    ("restore", OLD_NEW, NEW, (1, 1)),
    ("restore", OLD_SEEN, SEEN, (1, 0)),
    ("restore", OLD_READ, READ, (0, 0)),
]


def state(item):
    return (item.seen_at is not None, item.read_at is not None, item.archived_at is not None)


def prepare(user, notification, wanted):
    which = Chosen([notification.pk])
    seen, read, archived = wanted
    if read:
        acts.mark_read(user.pk, which)
    elif seen:
        acts.mark_seen(user.pk, which)
    if archived:
        acts.archive(user.pk, which)


def counted(user):
    row = Inbox.objects.get(user=user)
    return row.revision, row.unread_count, row.unseen_count


@pytest.mark.parametrize(("act", "before", "after", "moved"), TABLE)
def test_an_act_follows_the_transition_table(act, before, after, moved, send, alice, bob):
    other = send("Other", to=[alice, bob])
    one = send("One", to=[alice, bob])
    prepare(alice, one, before)
    revision, unread, unseen = counted(alice)
    result = ACTS[act](alice.pk, Chosen([one.pk]))
    item = alice.notifications_inbox.items.get(notification=one)
    assert state(item) == (before if after is None else after)
    expected = (revision + (after is not None), unread + moved[0], unseen + moved[1])
    assert counted(alice) == expected
    assert (result.revision, result.unread, result.unseen) == expected
    assert result.changed == (after is not None)
    if after is not None:
        assert item.revision == expected[0]
    assert state(alice.notifications_inbox.items.get(notification=other)) == NEW
    assert counted(bob) == (2, 2, 2)


def test_a_call_takes_one_revision_however_many_it_changes(send, alice):
    sent = [send(to=[alice]) for _ in range(5)]
    acts.mark_read(alice.pk, Chosen([sent[0].pk]))
    result = acts.mark_read(alice.pk, Chosen([one.pk for one in sent]))
    assert (result.revision, result.changed, result.unread) == (7, 4, 0)


def test_reading_keeps_when_it_was_seen(send, alice):
    one = send(to=[alice])
    acts.mark_seen(alice.pk, Chosen([one.pk]))
    seen_at = alice.notifications_inbox.items.get().seen_at
    acts.mark_read(alice.pk, Chosen([one.pk]))
    item = alice.notifications_inbox.items.get()
    assert item.seen_at == seen_at < item.read_at


def test_unknown_ids_and_somebody_elses_are_skipped_without_a_word(send, alice, charlie):
    one = send(to=[alice])
    result = acts.mark_read(charlie.pk, Chosen([one.pk, 10**15]))
    assert (result.revision, result.changed) == (0, 0)
    assert counted(alice) == (1, 1, 1)


def test_what_was_withdrawn_is_out_of_reach(send, withdraw, alice):
    one = send(to=[alice])
    withdraw(one)
    for act in ACTS.values():
        assert act(alice.pk, Chosen([one.pk])).changed == 0


def test_all_does_not_swallow_what_arrived_meanwhile(send, alice):
    old = [send(to=[alice]) for _ in range(2)]
    head = reading.head(alice.pk)
    late = send(to=[alice])
    result = acts.mark_read(alice.pk, AllUpTo(head.epoch, head.revision))
    assert (result.changed, result.unread, result.unseen) == (2, 1, 1)
    unread = alice.notifications_inbox.items.unread()
    assert [item.notification_id for item in unread] == [late.pk]
    assert old


def test_all_touches_only_what_is_listed(send, alice):
    archived, listed = send(to=[alice]), send(to=[alice])
    acts.archive(alice.pk, Chosen([archived.pk]))
    head = reading.head(alice.pk)
    for act, changed in ((acts.mark_seen, 1), (acts.mark_read, 1), (acts.archive, 1)):
        assert act(alice.pk, AllUpTo(head.epoch, head.revision)).changed == changed
    assert state(alice.notifications_inbox.items.get(notification=archived)) == OLD_NEW
    assert state(alice.notifications_inbox.items.get(notification=listed)) == OLD_READ


def test_all_of_another_epoch_is_refused(send, alice, bob):
    send(to=[alice])
    for epoch in ("", "x", reading.head(bob.pk).epoch):
        with pytest.raises(reading.EpochMismatch):
            acts.mark_read(alice.pk, AllUpTo(epoch, 1))
    assert counted(alice) == (1, 1, 1)


@pytest.mark.parametrize("act", [acts.mark_unread, acts.restore])
def test_only_some_acts_are_for_all(act, alice):
    epoch = reading.head(alice.pk).epoch
    with pytest.raises(ValueError, match="takes ids"):
        act(alice.pk, AllUpTo(epoch, 1))


def test_one_call_takes_at_most_two_hundred_ids():
    Chosen(range(200))
    with pytest.raises(acts.TooManyIds, match="201"):
        Chosen(range(201))


def test_an_inbox_that_is_missing_is_made(alice):
    Inbox.objects.all().delete()
    assert acts.mark_read(alice.pk, Chosen([1])).revision == 0
    assert Inbox.objects.filter(user=alice).exists()


def test_on_sqlite_each_change_is_stamped_in_order(send, alice, bob):
    send(to=[alice])
    send(to=[bob])
    acts.mark_read(
        alice.pk, Chosen(list(InboxItem.objects.values_list("notification_id", flat=True)))
    )
    stamps = [Inbox.objects.get(user=user).change_seq for user in (bob, alice)]
    assert stamps == ([2, 3] if connection.vendor == "sqlite" else [0, 0])
