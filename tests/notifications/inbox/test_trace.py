"""The story of a notification: each reason for which somebody did not get it, from rows alone."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from notifications.inbox import acts as inbox_acts
from notifications.inbox import trace
from notifications.inbox.trace import Reason
from notifications.inbox.traced_streams import Outcome
from notifications.models import Epoch, Inbox, InboxItem, Notification, StreamRecord, audiences
from notifications.models.door import Door, Through
from notifications.models.epoch import epoch_tag
from notifications.sending import acts, worker
from notifications.wire.message import Message

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def step(told, name):
    return next(one for one in told.steps if one.name == name)


def why_not(notification, user):
    """Why it is not in that user's inbox."""
    last = trace.of_user(notification, user).steps[-1]
    assert (last.name, last.happened) == ("dispatched", False)
    assert last.sentence
    return last.reason


def stored(audience, **fields):
    """A notification that nobody dispatches."""
    row = {"status": "sending", "upto": Inbox.objects.order_by("pk").last().pk, **fields}
    return Notification.objects.bulk_create(
        [
            Notification(
                title="Hello", audience_kind=audience.kind, audience_ids=list(audience.ids), **row
            )
        ]
    )[0]


@pytest.fixture
def stream():
    """What was kept of a stream of that user, which opened and ended so long from now."""

    def make(user, opened=timedelta(0), ended=None, spans=(), **more):
        now = timezone.now()
        return StreamRecord.objects.create(
            **{
                "connection": uuid.uuid4().hex,
                "inbox": user.notifications_inbox,
                "process": "p",
                "transport": "websocket",
                "epoch_tag": epoch_tag(Epoch.objects.get().epoch_secret),
                "opened_at": now + opened,
                "ended_at": None if ended is None else now + ended,
                "spans": list(spans),
                "told_at": now,
                **more,
            }
        )

    return make


# --- How it began ---------------------------------------------------------------------------------


@pytest.mark.parametrize("door", Door)
def test_it_is_told_through_which_door_it_came_and_by_whom(door, alice):
    sent = acts.send(
        Message("Hello"),
        audience=audiences.ChosenUsers([alice.pk], "alice"),
        through=Through(door, "whoever it was"),
    )
    accepted = step(trace.of(sent.notification), "accepted")
    assert accepted.at == sent.notification.created_at
    assert str(door.label) in accepted.sentence
    assert "whoever it was" in accepted.sentence
    assert "1 person" in accepted.sentence


def test_a_row_that_was_written_around_every_door_is_told_as_such(alice):
    notification = stored(audiences.ChosenUsers([alice.pk], "alice"))
    assert "around every door" in step(trace.of(notification), "accepted").sentence


def test_what_was_not_begun_says_why(send, withdraw, alice):
    draft = stored(audiences.Everyone(), status="draft")
    later = send(to=[alice], send_at=timezone.now() + HOUR)
    cancelled = send(to=[alice], send_at=timezone.now() + HOUR)
    withdraw(cancelled)
    cancelled.refresh_from_db()
    reasons = [why_not(one, alice) for one in (draft, later, cancelled)]
    assert reasons == [Reason.DRAFT, Reason.SCHEDULED, Reason.CANCELLED]
    scheduled = step(trace.of(later), "dispatched")
    assert (scheduled.reason, scheduled.since) == (Reason.SCHEDULED, later.send_at)


# --- Why it is not in an inbox --------------------------------------------------------------------


def test_who_is_not_in_the_audience_is_told_so_and_nothing_else(send, alice, charlie):
    notification = send(to=[alice])
    charlie.is_active = False
    charlie.save()
    assert why_not(notification, charlie) is Reason.NOT_IN_AUDIENCE


def test_who_has_left_the_group_is_not_in_the_audience(send, alice, bob):
    group = Group.objects.create(name="staff")
    bob.groups.add(group)
    notification = send(audience=audiences.Groups([group.pk], "staff"))
    assert why_not(notification, alice) is Reason.NOT_IN_AUDIENCE
    # Whoever joins the group afterwards was there, but was left out then.
    alice.groups.add(group)
    assert why_not(notification, alice) is Reason.LEFT_OUT


def test_only_who_is_active_is_a_recipient(send, alice, bob):
    bob.is_active = False
    bob.save()
    notification = send(audience=audiences.Everyone())
    assert why_not(notification, bob) is Reason.NOT_ACTIVE
    bob.is_active = True
    bob.save()
    assert why_not(notification, bob) is Reason.LEFT_OUT


def test_who_joins_later_gets_nothing_of_it(send, alice, user):
    notification = send(audience=audiences.Everyone())
    assert why_not(notification, user("dave")) is Reason.JOINED_LATER


def test_whose_turn_is_to_come_waits_and_may_wait_in_vain(alice):
    everyone = audiences.Everyone()
    assert why_not(stored(everyone), alice) is Reason.UNDER_WAY
    assert step(trace.of(stored(everyone)), "dispatched").reason is Reason.UNDER_WAY
    withdrawn = stored(everyone, status="withdrawn")
    expired = stored(everyone, status="sent", expired_at=timezone.now())
    assert why_not(withdrawn, alice) is Reason.WITHDRAWN
    assert why_not(expired, alice) is Reason.EXPIRED


def test_an_audience_that_nobody_knows_is_told_of(alice):
    notification = stored(audiences.Everyone())
    Notification.objects.filter(pk=notification.pk).update(audience_kind="friends")
    notification.refresh_from_db()
    assert why_not(notification, alice) is Reason.NO_AUDIENCE


def test_where_nobody_was_there_that_is_told_of_all(send):
    nobody = Group.objects.create(name="empty")
    notification = send(audience=audiences.Groups([nobody.pk], "empty"))
    assert step(trace.of(notification), "dispatched").reason is Reason.NOBODY


# --- What came after ------------------------------------------------------------------------------


def test_each_step_has_its_time(send, alice, stream):
    notification = send(to=[alice])
    item = InboxItem.objects.get()
    stream(alice, -HOUR, spans=[[0, 1, "hinted"]], acknowledged=1)
    inbox_acts.mark_read(alice.pk, inbox_acts.Chosen([notification.pk]))
    told = trace.of_user(notification, alice)
    item.refresh_from_db()
    assert [(one.name, one.happened) for one in told.steps] == [
        ("accepted", True), ("committed", True), ("dispatched", True), ("written", True),
        ("acknowledged", True), ("seen", True), ("read", True),
    ]  # fmt: skip
    times = [one.at for one in told.steps]
    arrived, read = item.arrived_at, item.read_at
    expected = [notification.created_at, None, arrived, arrived, item.delivered_at, read, read]
    assert times == expected
    (written,) = told.streams
    assert (written.outcome, written.how, written.acknowledged) == (Outcome.WRITTEN, "hinted", True)


def test_what_the_user_did_not_do_is_said(send, alice):
    told = trace.of_user(send(to=[alice]), alice)
    reasons = {one.name: one.reason for one in told.steps if one.happened is False}
    assert reasons == {
        "written": Reason.OFFLINE,
        "acknowledged": Reason.NOT_ACKNOWLEDGED,
        "seen": Reason.NOT_SEEN,
        "read": Reason.NOT_READ,
    }


def test_who_was_offline_is_told_since_when(send, alice, bob, stream):
    stream(bob, -HOUR, spans=[[0, 9, "hinted"]])
    stream(alice, -3 * HOUR, -2 * HOUR, cause="client")
    last = stream(alice, -2 * HOUR, -HOUR, cause="no_pong")
    written = step(trace.of_user(send(to=[alice]), alice), "written")
    assert (written.happened, written.reason) == (False, Reason.OFFLINE)
    assert written.since == last.ended_at


def test_a_stream_of_a_process_that_was_killed_has_ended_when_it_was_last_heard_of(
    send, alice, stream
):
    killed = stream(alice, -2 * HOUR, told_at=timezone.now() - HOUR)
    told = trace.of_user(send(to=[alice]), alice)
    assert step(told, "written").reason is Reason.OFFLINE
    assert step(told, "written").since == killed.told_at
    assert told.streams == []


def test_a_stream_that_was_open_and_went_without_it_is_told_with_its_end(send, alice, stream):
    notification = send(to=[alice])
    stream(alice, -HOUR, HOUR, spans=[[0, 0, "snapshot", []]], cause="too_slow")
    told = trace.of_user(notification, alice)
    assert step(told, "written").reason is Reason.NOT_WRITTEN
    assert [(one.cause, one.outcome) for one in told.streams] == [("too_slow", "not_written")]


def test_who_came_later_is_told_how(send, alice, stream):
    notification = send(to=[alice])
    stream(alice, HOUR, spans=[[0, 1, "caught_up"]])
    written = step(trace.of_user(notification, alice), "written")
    assert written.happened
    assert "none was open when it arrived" in written.sentence


@pytest.mark.parametrize(
    ("spans", "outcome"),
    [
        ([[0, 1, "hinted"]], Outcome.NOT_WRITTEN),  # it ended before
        ([[0, 2, "healed"]], Outcome.WRITTEN),
        ([[2, 3, "hinted"]], Outcome.NOT_WRITTEN),  # it began behind
        ([[0, 1, "hinted"], [2, 3, "hinted"]], Outcome.NOT_WRITTEN),  # it left it out
        ([[0, 3, "snapshot", [3, 2]]], Outcome.WRITTEN),
        ([[0, 3, "snapshot", [3]]], Outcome.NOT_WRITTEN),  # older than what it holds
    ],
)
def test_what_a_stream_was_sent_is_what_its_ranges_hold(send, alice, stream, spans, outcome):
    send("one", to=[alice])
    notification = send("two", to=[alice])
    stream(alice, -HOUR, spans=spans)
    (told,) = trace.of_user(notification, alice).streams
    assert told.outcome is outcome


def test_ranges_of_another_epoch_tell_nothing(send, alice, stream):
    notification = send(to=[alice])
    stream(alice, -HOUR, spans=[[0, 1, "hinted"]], epoch_tag="another")
    assert trace.of_user(notification, alice).streams[0].outcome is Outcome.NOT_WRITTEN


def test_of_what_was_removed_within_a_range_it_is_not_known(send, withdraw, alice, stream):
    notification = send(to=[alice])
    withdraw(notification)
    notification.refresh_from_db()
    stream(alice, -HOUR, spans=[[0, 2, "caught_up"]])
    told = trace.of_user(notification, alice)
    written, removed = step(told, "written"), step(told, "removed")
    assert (written.happened, written.reason) == (None, Reason.REMOVED_MEANWHILE)
    assert (removed.reason, removed.at) == (Reason.WITHDRAWN, InboxItem.objects.get().removed_at)
    # One that had come to its arrival alone had it.
    stream(alice, -HOUR, spans=[[0, 1, "hinted"]])
    assert step(trace.of_user(notification, alice), "written").happened


def test_a_client_that_comes_with_a_later_cursor_had_it_by_its_own_word(send, alice, stream):
    notification = send(to=[alice])
    stream(alice, HOUR, since=1)
    stream(alice, HOUR, since=0)
    outcomes = [one.outcome for one in trace.of_user(notification, alice).streams]
    assert sorted(outcomes) == [Outcome.HELD, Outcome.NOT_WRITTEN]


def test_what_is_kept_no_more_is_told_as_not_known(send, alice, settings):
    settings.NOTIFICATIONS_STREAM_RETENTION_H = 1
    notification = send(to=[alice])
    InboxItem.objects.update(arrived_at=timezone.now() - 2 * HOUR)
    written = step(trace.of_user(notification, alice), "written")
    assert (written.happened, written.reason) == (None, Reason.FORGOTTEN)
    InboxItem.objects.update(delivered_at=timezone.now())
    written = step(trace.of_user(notification, alice), "written")
    assert (written.happened, written.reason) == (None, Reason.ELSEWHERE)


def test_an_expiry_is_told_of_all_and_of_each(send, alice):
    notification = send(to=[alice], expires_at=timezone.now() + HOUR)
    Notification.objects.update(expires_at=timezone.now())
    worker.run_due()
    notification.refresh_from_db()
    for told in (trace.of(notification), trace.of_user(notification, alice)):
        assert step(told, "removed").reason is Reason.EXPIRED


def test_no_streams_are_told_of_to_whom_they_are_no_concern(send, alice, stream):
    stream(alice, -HOUR, spans=[[0, 1, "hinted"]])
    told = trace.of_user(send(to=[alice]), alice, with_streams=False)
    assert told.streams == []
    assert "written" not in [one.name for one in told.steps]


def test_whoever_asks_writes_nothing(send, alice, django_assert_max_num_queries):
    notification = send(to=[alice])
    with django_assert_max_num_queries(8):
        trace.of_user(notification, alice)
    with django_assert_max_num_queries(8):
        trace.of(notification)


def test_a_snooze_is_told_and_what_has_come_back_from_it(send, alice):
    one = send(to=[alice])
    which = inbox_acts.Chosen([one.pk])
    inbox_acts.snooze(alice.pk, which, timezone.now() + timedelta(hours=1))
    assert step(trace.of_user(one, alice), "snoozed").detail.startswith("Until ")
    InboxItem.objects.update(snoozed_until=timezone.now())
    worker.run_due()
    told = trace.of_user(one, alice)
    assert step(told, "dispatched").detail == "Back from a snooze, under revision 3."
    assert "snoozed" not in [one.name for one in told.steps]
