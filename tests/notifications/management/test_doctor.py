"""`manage.py doctor`: what it finds, what it mends, and that it finds nothing where all is well."""

import io
import random
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Session
from notifications.credentials import keys, tokens
from notifications.inbox import acts as inbox_acts
from notifications.inbox import idempotency, stats
from notifications.management import doctor as examination
from notifications.models import (
    AccessToken,
    Edit,
    Inbox,
    InboxItem,
    Notification,
    Operation,
    Removal,
    Stats,
    StatsDelta,
    Status,
    audiences,
)
from notifications.push import catch_up
from notifications.push.catch_up import Ask
from notifications.sending import acts as sending_acts
from notifications.sending import worker
from notifications.sending.dispatch import Dispatch
from notifications.wire.message import Message

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(hours=3)


def doctor(*options):
    """What it says, and whether it ended with 0."""
    out = io.StringIO()
    try:
        call_command("doctor", *options, stdout=out)
    except CommandError as error:
        return out.getvalue() + str(error), False
    return out.getvalue(), True


def finds(text, *said):
    """It says this and ends with 1, changes nothing, and with --repair mends it."""
    for _ in range(2):
        out, is_well = doctor()
        assert not is_well
        assert "1 found and not mended." in out
        for one in (text, *said):
            assert one in out
    out, is_well = doctor("--repair")
    assert is_well, out
    assert f"1 {text}, 1 mended" in out
    nothing_is_found()


def nothing_is_found():
    out, is_well = doctor()
    assert is_well, out
    assert out.splitlines()[-1] == "All is well."


def counts(user):
    return Inbox.objects.values_list("revision", "unread_count", "unseen_count").get(user=user)


def begun(title="Hello", **fields):
    """A notification that is there without its dispatch having run."""
    fields = {"audience_kind": "everyone", "status": Status.SENDING} | fields
    (made,) = Notification.objects.bulk_create([Notification(title=title, **fields)])
    return made


def grown_old(rows, *columns):
    rows.update(**dict.fromkeys(columns, timezone.now() - LONG_AGO))


# --- Where all is well ----------------------------------------------------------------------------


def test_an_empty_database_is_well():
    nothing_is_found()


def test_whatever_people_do_nothing_is_found(send, withdraw, alice, bob, charlie, settings):
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0
    chance = random.Random(20261124)
    sent = []
    acts = (
        inbox_acts.mark_seen,
        inbox_acts.mark_read,
        inbox_acts.mark_unread,
        inbox_acts.archive,
        inbox_acts.restore,
    )
    for n in range(60):
        if n % 4 == 0:
            sent.append(send(f"{n}", to=chance.sample([alice, bob, charlie], 2)))
        elif n % 13 == 0:
            withdraw(chance.choice(sent))
        else:
            user, which = chance.choice([alice, bob, charlie]), chance.choice(sent)
            chance.choice(acts)(user.pk, inbox_acts.Chosen([which.pk]))
    worker.run_due()
    nothing_is_found()
    stats.roll_up()
    nothing_is_found()


def test_what_has_just_begun_is_no_finding(send, alice):
    begun()
    sent = send(to=[alice], expires_at=timezone.now() + timedelta(hours=1))
    Edit.objects.begin(sent.pk, upto=alice.pk)
    Removal.objects.create(notification=sent, reason=Removal.Reason.EXPIRED)
    nothing_is_found()


def test_what_somebody_is_at_is_no_finding():
    job = Dispatch(begun().pk)
    assert job.begin()
    grown_old(Notification.objects, "created_at")
    nothing_is_found()


# --- Inboxes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 500])
def test_wrong_counters_are_found_and_mended_with_a_revision(
    send, alice, bob, charlie, size, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(examination, "_INBOXES", size)
    send("One", to=[alice, bob])
    send("Two", to=[alice, bob])
    inbox_acts.mark_seen(alice.pk, inbox_acts.Chosen([Notification.objects.get(title="One").pk]))
    before = [counts(bob), counts(charlie)]
    Inbox.objects.filter(user=alice).update(unread_count=7, unseen_count=5)
    finds(
        "inboxes whose counters are wrong",
        f"user {alice.pk}: says 7 unread, 5 unseen; holds 2, 1",
        "--repair",
    )
    assert counts(alice) == (4, 2, 1)
    assert [counts(bob), counts(charlie)] == before


def test_clients_learn_of_mended_counters(send, alice, django_capture_on_commit_callbacks):
    send(to=[alice])
    epoch = catch_up.catch_up([Ask(alice.notifications_inbox.pk, None)])[0].epoch
    Inbox.objects.filter(user=alice).update(unread_count=3)
    with django_capture_on_commit_callbacks() as told:
        doctor("--repair")
    assert len(told) == 1  # the hint
    since = catch_up.Cursor(epoch=epoch, since=1)
    (now,) = catch_up.catch_up([Ask(alice.notifications_inbox.pk, since)])
    assert (now.revision, now.unread, now.unseen, now.changes) == (2, 1, 1, ())


def test_an_inbox_behind_its_items_is_found_and_raised_above_them(send, alice, bob):
    send(to=[alice, bob])
    InboxItem.objects.filter(inbox__user=alice).update(revision=9)
    finds("inboxes that are behind their items", f"user {alice.pk}: at 1, an item at 9")
    assert counts(alice) == (10, 1, 1)
    assert counts(bob) == (1, 1, 1)


def test_two_arrivals_at_one_revision_are_found_and_left_to_people(send, alice):
    send(to=[alice])
    send(to=[alice])
    InboxItem.objects.update(arrived_revision=1)
    for options in ([], ["--repair"]):
        out, is_well = doctor(*options)
        assert not is_well
        assert f"user {alice.pk}: 2 items, 1 arrivals" in out
    assert counts(alice) == (2, 2, 2)


def test_of_many_only_some_are_shown(send, user):
    users = [user(f"user{n}") for n in range(8)]
    send(to=users)
    Inbox.objects.update(unread_count=2)
    out, is_well = doctor()
    assert not is_well
    assert "8 inboxes whose counters are wrong" in out
    assert "- and 3 more" in out
    assert "8 found and not mended." in out


# --- What is due ----------------------------------------------------------------------------------


def test_a_dispatch_that_nobody_is_on_is_found_and_walked_to_its_end(alice, bob):
    sent = begun(lease="gone", lease_until=timezone.now() - LONG_AGO)
    finds("dispatches that stand still", f"notification {sent.pk}: nobody is on it since 3:00:0")
    sent.refresh_from_db()
    assert (sent.status, sent.item_count) == (Status.SENT, 2)
    assert counts(bob) == (1, 1, 1)


def test_a_dispatch_that_never_began_is_found(alice):
    sent = begun()
    grown_old(Notification.objects, "created_at")
    finds("dispatches that stand still", f"notification {sent.pk}: nobody is on it since 3:00:0")
    assert counts(alice) == (1, 1, 1)


def test_a_removal_that_stands_still_is_found_and_walked_to_its_end(send, alice):
    sent = send(to=[alice])
    sending_acts.withdraw(sent.pk)
    grown_old(Removal.objects, "created_at")
    finds("removals that stand still")
    assert not InboxItem.objects.present().exists()


def test_an_edit_that_stands_still_is_found_and_walked_to_its_end(send, alice):
    sent = send(to=[alice])
    sending_acts.edit(sent.pk, title="New")
    grown_old(Edit.objects, "begun_at")
    finds("edits that stand still")
    assert counts(alice) == (2, 1, 1)


def test_what_is_overdue_is_found_and_sent(alice):
    then = timezone.now() - LONG_AGO
    begun(status=Status.SCHEDULED, send_at=then)
    out, is_well = doctor()
    assert not is_well
    assert "1 scheduled notifications that are overdue" in out
    out, is_well = doctor("--repair")
    assert is_well, out
    assert counts(alice) == (1, 1, 1)
    nothing_is_found()


def test_what_has_expired_is_found_and_taken_out(send, alice):
    sent = send(to=[alice], expires_at=timezone.now() + LONG_AGO)
    Notification.objects.filter(pk=sent.pk).update(expires_at=timezone.now() - LONG_AGO)
    out, is_well = doctor()
    assert not is_well
    assert "1 notifications that have expired and are still there" in out
    out, is_well = doctor("--repair")
    assert is_well, out
    worker.run_due()
    assert not InboxItem.objects.present().exists()
    nothing_is_found()


# --- What senders are shown, and what is kept -----------------------------------------------------


@pytest.mark.parametrize("size", [1, 100])
def test_wrong_figures_are_found_and_counted_anew(send, alice, bob, size, monkeypatch):
    monkeypatch.setattr(examination, "_NOTIFICATIONS", size)
    sent, other = send("Hello", to=[alice, bob]), send("Other", to=[bob])
    inbox_acts.mark_read(alice.pk, inbox_acts.Chosen([sent.pk]))
    inbox_acts.mark_seen(bob.pk, inbox_acts.Chosen([other.pk]))
    stats.roll_up()
    Stats.objects.filter(pk=sent.pk).update(read_count=2)
    finds(
        "notifications whose figures are wrong",
        f"notification {sent.pk}: 1 delivered, 1 seen, 2 read; in truth 1, 1, 1",
    )


def test_figures_that_were_lost_are_found(send, alice):
    sent = send(to=[alice])
    inbox_acts.mark_read(alice.pk, inbox_acts.Chosen([sent.pk]))
    nothing_is_found()  # the tally is there
    StatsDelta.objects.all().delete()
    finds("notifications whose figures are wrong")


def test_answers_that_are_over_are_found_and_forgotten(alice):
    idempotency.once(alice.pk, "op", {}, dict)
    nothing_is_found()
    Operation.objects.update(created_at=timezone.now() - timedelta(hours=26))
    finds("answers to acts that are over, and still kept")
    assert not Operation.objects.exists()


def test_sessions_that_are_over_are_found_and_deleted(alice):
    ended_at = timezone.now() - timedelta(hours=2)
    Session.objects.create(session_key="old", expire_date=ended_at, user=alice)
    finds("sessions that are over, and still kept")


def test_tokens_that_are_over_are_found_and_deleted(alice):
    row, _ = keys.make("shop", ["tokens"])
    tokens.issue(alice, origins=[], api_key=row)
    nothing_is_found()
    grown_old(AccessToken.objects, "expires_at")
    finds("access tokens that are over, and still kept")
    assert not AccessToken.objects.exists()


def test_a_large_audience_is_walked_in_chunks(user, settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 2
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0
    for name in "abcde":
        user(name)
    sent = sending_acts.send(Message("Hello"), audience=audiences.Everyone()).notification
    grown_old(Notification.objects, "created_at")
    finds("dispatches that stand still")
    assert InboxItem.objects.filter(notification=sent).count() == 5


def test_a_lease_from_before_the_clock_was_set_back_is_found(alice):
    sent = begun(lease="gone", lease_until=timezone.now() + LONG_AGO)
    finds("dispatches that stand still", f"notification {sent.pk}: its lease ends in 2:59:5")
    assert counts(alice) == (1, 1, 1)


def test_what_should_have_come_back_from_a_snooze_does(send, alice):
    one = send(to=[alice])
    until = timezone.now() + LONG_AGO
    inbox_acts.snooze(alice.pk, inbox_acts.Chosen([one.pk]), until)
    InboxItem.objects.update(snoozed_until=timezone.now() - LONG_AGO)
    finds("snoozed notifications that should have come back", "due 3:00:0")
    assert InboxItem.objects.get().woken
