from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from notifications.inbox import acts, reading
from notifications.models import Edit, Inbox, InboxItem, Status, audiences
from notifications.sending import acts as sending_acts
from notifications.sending import worker
from notifications.sending.dispatch import Dispatch
from notifications.sending.item_jobs import EditJob
from tests.support.told import told


@pytest.fixture
def edit(django_capture_on_commit_callbacks):
    def act(notification, **changes):
        with django_capture_on_commit_callbacks(execute=True):
            return sending_acts.edit(notification.pk, **changes)

    return act


@pytest.fixture(params=[1, 2, 1000])
def chunk(request, settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = request.param
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0


def state(user):
    return Inbox.objects.values_list("revision", "unread_count", "unseen_count").get(user=user)


def test_each_inbox_that_holds_it_takes_a_revision(chunk, send, edit, alice, bob, charlie):
    sent = send(audience=audiences.Everyone())
    worker.run_due()
    other = send("Other", to=[alice])
    acts.mark_read(bob.pk, acts.Chosen([sent.pk]))
    acts.archive(charlie.pk, acts.Chosen([sent.pk]))
    before = [state(user) for user in (alice, bob, charlie)]

    assert edit(sent, title="Edited")
    worker.run_due()

    after = [state(user) for user in (alice, bob, charlie)]
    assert after == [(revision + 1, *counts) for revision, *counts in before]
    for user in (alice, bob, charlie):
        (shown,) = told(user.pk, reading.head(user.pk).revision - 1).notifications
        assert (shown["title"], shown["arrived_revision"]) == ("Edited", 1)
    assert other.items.get().revision == 2
    assert Edit.objects.get().finished_at is not None


def test_charlie_who_does_not_have_it_is_told_nothing(send, edit, alice, charlie):
    edit(send(to=[alice]), body="text")
    assert (state(alice), state(charlie)) == ((2, 1, 1), (0, 0, 0))


def test_what_is_edited_while_it_is_sent_is_right_everywhere(send, edit, settings, user):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 2
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0
    users = [user(name) for name in "abcdef"]
    sent = send(audience=audiences.Everyone())
    job = Dispatch(sent.pk)
    assert job.begin()
    assert edit(sent, title="Edited")
    assert Edit.objects.get().upto == Inbox.objects.get(user=users[1]).pk
    # Both jobs go on, in any order.
    assert job.step()
    worker.run_due()
    while job._cursor < job._upto:
        assert job.step()
    assert [state(one)[0] for one in users] == [2, 2, 1, 1, 1, 1]
    for one in users:
        (shown,) = reading.page(one.pk, size=10).notifications
        assert shown.message.title == "Edited"


def test_a_second_edit_begins_the_walk_anew(send, edit, settings, user):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 2
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0
    users = [user(name) for name in "abcdef"]
    sent = send(audience=audiences.Everyone())
    worker.run_due()
    edit(sent, title="First")
    first = EditJob(sent.pk)
    assert first.begin()
    edit(sent, title="Second")
    # Whoever was on the first has lost it.
    assert not first.step()
    worker.run_due()
    assert [state(one)[0] for one in users] == [3, 3, 2, 2, 2, 2]
    assert Edit.objects.get().finished_at is not None
    for one in users:
        (shown,) = told(one.pk, reading.head(one.pk).revision - 1).notifications
        assert shown["title"] == "Second"


def test_what_is_withdrawn_while_its_edit_goes_round_is_gone(send, edit, withdraw, settings, user):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 2
    settings.NOTIFICATIONS_DISPATCH_PAUSE_MS = 0
    users = [user(name) for name in "abcd"]
    sent = send(audience=audiences.Everyone())
    worker.run_due()
    edit(sent, title="Edited")
    job = EditJob(sent.pk)
    assert job.begin()
    withdraw(sent)
    worker.run_due()
    assert job.step()
    assert not InboxItem.objects.present().exists()
    assert [state(one) for one in users] == [(3, 0, 0), (3, 0, 0), (2, 0, 0), (2, 0, 0)]


def test_what_changes_nothing_takes_no_revision(send, edit, alice):
    sent = send("Hello", to=[alice], body="one\ntwo")
    assert not edit(sent, title="Hello", body="one\r\ntwo")
    assert state(alice)[0] == 1
    assert not Edit.objects.exists()


def test_what_is_not_sent_yet_is_edited_in_its_row_alone(send, edit, alice):
    later = send(to=[alice], send_at=timezone.now() + timedelta(hours=1))
    assert edit(later, title="Edited")
    later.refresh_from_db()
    assert (later.title, later.status) == ("Edited", Status.SCHEDULED)
    assert not Edit.objects.exists()


def test_what_is_gone_cannot_be_edited(send, edit, withdraw, alice):
    withdrawn = send(to=[alice])
    cancelled = send(to=[alice], send_at=timezone.now() + timedelta(hours=1))
    for one in (withdrawn, cancelled):
        withdraw(one)
    expired = send(to=[alice], expires_at=timezone.now() + timedelta(hours=1))
    type(expired).objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    worker.run_due()
    for one in (withdrawn, cancelled, expired):
        with pytest.raises(sending_acts.NotEditable):
            edit(one, title="Edited")
    with pytest.raises(sending_acts.NotEditable):
        sending_acts.edit(987654321, title="Edited")


def test_only_what_may_be_edited_is(send, edit, alice):
    sent = send(to=[alice])
    with pytest.raises(TypeError):
        edit(sent, status="draft")
    with pytest.raises(ValidationError):
        edit(sent, url="javascript:x")
    sent.refresh_from_db()
    assert (sent.status, sent.url) == (Status.SENT, "")
