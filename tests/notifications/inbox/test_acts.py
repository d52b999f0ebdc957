"""The acts of a recipient, by the transition table of the protocol."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from notifications.inbox import acts, reading
from notifications.inbox.acts import AllUpTo, ChangedIn, Chosen
from notifications.models import Inbox, InboxItem

ACTS = {
    "seen": acts.mark_seen,
    "read": acts.mark_read,
    "unread": acts.mark_unread,
    "archive": acts.archive,
    "restore": acts.restore,
    "snooze": lambda user_id, which: acts.snooze(user_id, which, UNTIL),
    "save": acts.save,
}
UNTIL = timezone.now() + timedelta(days=1)
# State of an item: seen, read, archived, snoozed. For each act: the state after, or None where it
# is skipped, and what becomes of the counts (unread, unseen).
NEW, SEEN, READ = (False,) * 4, (True, False, False, False), (True, True, False, False)
OLD_NEW, OLD_SEEN, OLD_READ = ((*state[:2], True, False) for state in (NEW, SEEN, READ))
LATER_NEW, LATER_SEEN, LATER_READ = ((*state[:2], False, True) for state in (NEW, SEEN, READ))
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
    ("snooze", NEW, LATER_NEW, (-1, -1)),
    ("snooze", SEEN, LATER_SEEN, (-1, 0)),
    ("snooze", READ, LATER_READ, (0, 0)),
    ("snooze", OLD_NEW, None, (0, 0)),
    ("snooze", LATER_NEW, None, (0, 0)),
    ("seen", LATER_NEW, LATER_SEEN, (0, 0)),
    ("read", LATER_NEW, LATER_READ, (0, 0)),
    ("unread", LATER_READ, LATER_SEEN, (0, 0)),
    ("archive", LATER_SEEN, OLD_SEEN, (0, 0)),
    ("restore", LATER_NEW, NEW, (1, 1)),
    ("restore", LATER_SEEN, SEEN, (1, 0)),
    ("restore", LATER_READ, READ, (0, 0)),
    ("save", NEW, NEW, (0, 0)),
    ("save", LATER_SEEN, LATER_SEEN, (0, 0)),
    ("save", OLD_READ, OLD_READ, (0, 0)),
]


def state(item):
    moments = (item.seen_at, item.read_at, item.archived_at, item.snoozed_until)
    return tuple(moment is not None for moment in moments)


def prepare(user, notification, wanted):
    which = Chosen([notification.pk])
    seen, read, archived, snoozed = wanted
    if read:
        acts.mark_read(user.pk, which)
    elif seen:
        acts.mark_seen(user.pk, which)
    if archived:
        acts.archive(user.pk, which)
    if snoozed:
        acts.snooze(user.pk, which, UNTIL)


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


@pytest.mark.parametrize("act", [acts.mark_unread, acts.restore, ACTS["snooze"], acts.save])
def test_only_some_acts_are_for_all(act, alice):
    epoch = reading.head(alice.pk).epoch
    with pytest.raises(ValueError, match="takes ids"):
        act(alice.pk, AllUpTo(epoch, 1))


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("ahead", [-MINUTE, 0 * MINUTE, 2.9 * MINUTE, timedelta(days=367)])
def test_a_snooze_ends_three_minutes_to_a_year_ahead(ahead, send, alice):
    one = send(to=[alice])
    with pytest.raises(acts.BadUntil, match="3 minutes"):
        acts.snooze(alice.pk, Chosen([one.pk]), timezone.now() + ahead)
    assert counted(alice) == (1, 1, 1)
    for good in (3.1 * MINUTE, timedelta(days=365)):
        assert acts.snooze(alice.pk, Chosen([one.pk]), timezone.now() + good).changed == 1


def test_a_snooze_is_put_off_and_one_until_the_same_moment_changes_nothing(send, alice):
    one = send(to=[alice])
    for until, changed in ((UNTIL, 1), (UNTIL, 0), (UNTIL + MINUTE, 1)):
        assert acts.snooze(alice.pk, Chosen([one.pk]), until).changed == changed
    assert alice.notifications_inbox.items.get().snoozed_until == UNTIL + MINUTE
    assert counted(alice) == (3, 0, 0)


def test_an_act_is_taken_back_where_nothing_has_changed_since(send, alice):
    seen, changed_since, read, gone = (send(to=[alice]) for _ in range(4))
    acts.mark_seen(alice.pk, Chosen([seen.pk]))
    acts.mark_read(alice.pk, Chosen([read.pk]))
    head = reading.head(alice.pk)
    done = acts.mark_read(alice.pk, AllUpTo(head.epoch, head.revision))
    assert done.changed == 3
    acts.archive(alice.pk, Chosen([changed_since.pk]))
    late = send(to=[alice])
    undone = acts.mark_unread(alice.pk, ChangedIn(done.revision))
    unread = alice.notifications_inbox.items.unread().values_list("notification_id", flat=True)
    assert set(unread) == {seen.pk, gone.pk, late.pk}
    assert (undone.changed, undone.unread) == (2, 3)
    for nothing in (done.revision, None, 10**6):
        assert acts.mark_unread(alice.pk, ChangedIn(nothing)).changed == 0


def test_what_is_saved_stays_so_wherever_it_goes(send, alice):
    one = send(to=[alice])
    acts.save(alice.pk, Chosen([one.pk]))
    saved_at = alice.notifications_inbox.items.get().saved_at
    for act in ("save", "archive", "restore", "snooze"):
        ACTS[act](alice.pk, Chosen([one.pk]))
        assert alice.notifications_inbox.items.saved().get().saved_at == saved_at
    assert acts.unsave(alice.pk, Chosen([one.pk])).changed == 1
    assert not alice.notifications_inbox.items.saved().exists()


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
