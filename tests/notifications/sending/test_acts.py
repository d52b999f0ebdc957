from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from notifications.models import Inbox, InboxItem, Notification, Status, audiences
from notifications.sending import acts, worker
from notifications.sending.acts import IdempotencyKey
from notifications.wire.message import Message


def holders(notification):
    items = InboxItem.objects.present().filter(notification=notification)
    return sorted(items.values_list("inbox__user__username", flat=True))


def test_a_send_is_in_every_recipients_inbox_and_in_no_other(send, alice, bob, charlie):
    sent = send(to=[alice, bob])
    assert (sent.status, sent.recipient_count, sent.item_count) == (Status.SENT, 2, 2)
    assert holders(sent) == ["alice", "bob"]
    assert not charlie.notifications_inbox.items.exists()


def test_each_arrival_takes_the_next_revision_and_counts(send, alice):
    for title in ("one", "two", "three"):
        send(title, to=[alice])
    inbox = Inbox.objects.get(user=alice)
    assert (inbox.revision, inbox.unread_count, inbox.unseen_count) == (3, 3, 3)
    arrived = alice.notifications_inbox.items.order_by("pk").values_list(
        "arrived_revision", "revision"
    )
    assert list(arrived) == [(1, 1), (2, 2), (3, 3)]


def test_everyone_is_every_active_user(send, alice, bob, charlie):
    get_user_model().objects.filter(pk=bob.pk).update(is_active=False)
    sent = send(audience=audiences.Everyone())
    assert holders(sent) == ["alice", "charlie"]
    assert sent.recipient_count == 2


def test_a_member_of_two_groups_gets_it_once(send, alice, bob, charlie):
    staff, ops = Group.objects.create(name="staff"), Group.objects.create(name="ops")
    alice.groups.add(staff, ops)
    bob.groups.add(ops)
    sent = send(audience=audiences.Groups.named(["staff", "ops"]))
    assert holders(sent) == ["alice", "bob"]


def test_unknown_names_are_named_and_nothing_is_sent(alice):
    with pytest.raises(audiences.UnknownNames, match="'nobody', 'noone'") as refused:
        audiences.ChosenUsers.named(["nobody", "alice", "noone"])
    assert refused.value.names == ["nobody", "noone"]
    with pytest.raises(audiences.UnknownNames, match="Unknown group: 'x'"):
        audiences.Groups.named(["x"])


@pytest.mark.parametrize("names", [[], ["x"] * 1001])
def test_an_audience_names_one_to_a_thousand(names, db):
    with pytest.raises(ValueError, match=r"t least one|t most 1000"):
        audiences.ChosenUsers.named(names)


def test_a_long_audience_has_a_short_label(alice, bob, charlie, user):
    for name in ("d" * 150, "e" * 150):
        user(name)
    assert audiences.ChosenUsers.named(["alice", "bob"]).label == "alice, bob"
    named = audiences.ChosenUsers.named(["alice", "bob", "charlie", "d" * 150])
    assert named.label == "alice, bob, charlie and 1 more"
    assert len(audiences.ChosenUsers.named(["d" * 150, "e" * 150]).label) == 200


def test_the_same_key_and_request_is_one_notification(send, alice):
    key = IdempotencyKey("test", "k1")
    first = send(to=[alice], data={"a": 1}, idempotency=key)
    again = acts.send(
        Message("Hello", data={"a": 1}),
        audience=audiences.ChosenUsers([alice.pk], "named otherwise"),
        idempotency=key,
    )
    assert (again.notification, again.created) == (first, False)
    assert alice.notifications_inbox.items.count() == 1


def test_the_same_key_with_another_request_is_refused(send, alice, bob):
    key = IdempotencyKey("test", "k1")
    send(to=[alice], idempotency=key)
    for other in ({"title": "Other", "to": [alice]}, {"to": [bob]}, {"to": [alice], "url": "/x"}):
        with pytest.raises(acts.IdempotencyConflict, match="k1"):
            send(**other, idempotency=key)
    assert Notification.objects.count() == 1


def test_keys_of_two_scopes_do_not_clash(send, alice):
    for scope in ("a", "b"):
        send(to=[alice], idempotency=IdempotencyKey(scope, "k"))
    assert alice.notifications_inbox.items.count() == 2


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\0b"])
def test_a_key_is_a_short_line(key, alice):
    with pytest.raises(ValidationError):
        acts.send(
            Message("Hello"), audience=audiences.Everyone(), idempotency=IdempotencyKey("test", key)
        )


def test_text_areas_post_crlf_which_is_stored_as_lf(send, alice):
    assert send(to=[alice], body="a\r\nb").body == "a\nb"


@pytest.mark.django_db(transaction=True)
def test_a_send_outside_a_transaction_has_arrived_when_it_returns(alice):
    sent = acts.send(Message("Hello"), audience=audiences.ChosenUsers([alice.pk], "alice"))
    assert (sent.created, sent.notification.status, sent.notification.item_count) == (
        True,
        Status.SENT,
        1,
    )
    assert alice.notifications_inbox.items.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_send_that_is_rolled_back_was_never_sent(alice):
    def send_and_fail():
        with transaction.atomic():
            acts.send(Message("Hello"), audience=audiences.Everyone())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        send_and_fail()
    worker.run_due()
    assert not Notification.objects.exists()
    assert Inbox.objects.get(user=alice).revision == 0


@pytest.mark.django_db(transaction=True)
def test_a_send_inside_a_transaction_arrives_when_that_commits(alice):
    with transaction.atomic():
        sent = acts.send(Message("Hello"), audience=audiences.Everyone()).notification
        assert sent.status == Status.SENDING
        assert not alice.notifications_inbox.items.exists()
    assert alice.notifications_inbox.items.count() == 1


def test_a_row_saved_by_hand_is_sent(alice, bob, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        made = Notification.objects.create(
            title="By hand", audience_kind="everyone", status=Status.SENDING
        )
    made.refresh_from_db()
    assert (made.status, made.recipient_count, made.item_count) == (Status.SENT, 2, 2)


def test_a_draft_is_not_sent(alice, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        Notification.objects.create(title="Draft", audience_kind="everyone")
    worker.run_due()
    assert not InboxItem.objects.exists()


def test_rows_made_in_bulk_are_found_by_the_due_scan(alice, bob):
    Notification.objects.bulk_create(
        Notification(title=title, audience_kind="everyone", status=Status.SENDING)
        for title in ("one", "two")
    )
    worker.run_due()
    assert Notification.objects.filter(status=Status.SENT, item_count=2).count() == 2


def test_a_scheduled_send_waits_for_its_time(send, alice, user):
    sent = send(to=[alice], send_at=timezone.now() + timedelta(hours=1))
    worker.run_due()
    assert sent.status == Status.SCHEDULED
    assert not InboxItem.objects.exists()
    Notification.objects.update(send_at=timezone.now())
    worker.run_due()
    sent.refresh_from_db()
    assert sent.status == Status.SENT
    assert holders(sent) == ["alice"]


def test_who_joins_after_the_acceptance_does_not_get_it(send, alice, user):
    sent = send(audience=audiences.Everyone(), send_at=timezone.now() + timedelta(hours=1))
    user("late")
    Notification.objects.update(send_at=timezone.now())
    worker.run_due()
    assert holders(sent) == ["alice"]


def test_a_send_at_in_the_past_is_sent_at_once(send, alice):
    assert send(to=[alice], send_at=timezone.now() - timedelta(hours=1)).status == Status.SENT


def test_an_audience_without_recipients_is_sent_to_nobody(send, db):
    sent = send(audience=audiences.Everyone())
    assert (sent.status, sent.recipient_count, sent.item_count) == (Status.SENT, 0, 0)
