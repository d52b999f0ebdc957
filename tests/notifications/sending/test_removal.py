from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db.models import ProtectedError
from django.utils import timezone

from notifications.inbox import acts, reading
from notifications.models import Inbox, InboxItem, Notification, Removal, Status, audiences
from notifications.sending import acts as sending_acts
from notifications.sending import worker
from notifications.sending.dispatch import Dispatch
from tests.support.told import told


def counts(user):
    return Inbox.objects.values_list("revision", "unread_count", "unseen_count").get(user=user)


@pytest.fixture(params=[1, 2, 1000])
def chunk(request, settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = request.param
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0


def test_withdrawing_takes_it_out_of_every_inbox(chunk, send, withdraw, alice, bob, charlie):
    kept = send("Kept", to=[alice])
    gone = send("Gone", audience=audiences.Everyone())
    worker.run_due()
    acts.mark_seen(bob.pk, acts.Chosen([gone.pk]))
    acts.mark_read(charlie.pk, acts.Chosen([gone.pk]))
    assert withdraw(gone)
    worker.run_due()
    assert counts(alice) == (3, 1, 1)
    assert counts(bob) == (3, 0, 0)
    assert counts(charlie) == (3, 0, 0)
    gone.refresh_from_db()
    assert gone.status == Status.WITHDRAWN
    assert not InboxItem.objects.present().filter(notification=gone).exists()
    assert InboxItem.objects.present().filter(notification=kept).exists()
    assert Removal.objects.get().finished_at is not None


def test_clients_are_told_what_has_gone(send, withdraw, alice):
    gone = send(to=[alice])
    withdraw(gone)
    changes = told(alice.pk, 1)
    assert (changes.notifications, changes.removed, changes.revision) == ([], [str(gone.pk)], 2)
    assert reading.one(alice.pk, gone.pk) is None
    assert reading.page(alice.pk, size=10).notifications == []


def test_withdrawing_an_archived_one_leaves_the_counts(send, withdraw, alice):
    gone = send(to=[alice])
    acts.archive(alice.pk, acts.Chosen([gone.pk]))
    withdraw(gone)
    assert counts(alice) == (3, 0, 0)


def test_withdrawing_twice_does_nothing_the_second_time(send, withdraw, alice):
    gone = send(to=[alice])
    assert withdraw(gone)
    assert not withdraw(gone)
    assert counts(alice)[0] == 2


def test_what_is_withdrawn_in_the_middle_of_its_dispatch_stops_there(send, settings, user):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 2
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0
    for name in "abcdef":
        user(name)
    sent = send(audience=audiences.Everyone())
    job = Dispatch(sent.pk)
    assert job.begin()
    sending_acts.withdraw(sent.pk)
    assert not job.step()
    worker.run_due()
    sent.refresh_from_db()
    assert (sent.status, sent.item_count) == (Status.WITHDRAWN, 2)
    assert InboxItem.objects.count() == 2
    assert not InboxItem.objects.present().exists()


def test_what_is_not_sent_yet_is_cancelled(send, withdraw, alice):
    later = send(to=[alice], send_at=timezone.now() + timedelta(hours=1))
    assert withdraw(later)
    Notification.objects.update(send_at=timezone.now())
    worker.run_due()
    later.refresh_from_db()
    assert later.status == Status.CANCELLED
    assert not InboxItem.objects.exists()


def test_an_expired_notification_leaves_the_inboxes(send, alice):
    sent = send(to=[alice], expires_at=timezone.now() + timedelta(hours=1))
    worker.run_due()
    assert counts(alice) == (1, 1, 1)
    Notification.objects.update(expires_at=timezone.now())
    worker.run_due()
    worker.run_due()
    sent.refresh_from_db()
    assert sent.status == Status.SENT
    assert sent.expired_at is not None
    assert counts(alice) == (2, 0, 0)


def test_expiry_comes_before_or_after_a_withdrawal_but_removes_once(send, withdraw, alice):
    sent = send(to=[alice], expires_at=timezone.now() + timedelta(hours=1))
    Notification.objects.update(expires_at=timezone.now())
    worker.run_due()
    assert not withdraw(sent)
    worker.run_due()
    assert counts(alice)[0] == 2


def test_a_notification_that_reached_somebody_cannot_be_deleted(send, alice):
    sent = send(to=[alice])
    with pytest.raises(ProtectedError):
        sent.delete()


def test_deleting_a_user_deletes_their_inbox_and_nobody_elses(send, alice, bob):
    send(to=[alice, bob])
    alice.delete()
    assert list(InboxItem.objects.values_list("inbox__user__username", flat=True)) == ["bob"]
    assert Notification.objects.count() == 1


def test_users_made_in_bulk_have_an_inbox_as_soon_as_it_matters(send, db):
    users = get_user_model().objects.bulk_create(
        get_user_model()(username=f"u{n}", password="!") for n in range(5)
    )
    assert Inbox.objects.count() == 0
    assert reading.head(users[0].pk).revision == 0
    send(audience=audiences.Everyone())
    assert Inbox.objects.filter(revision=1).count() == 5
