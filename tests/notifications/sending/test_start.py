"""A job begins at the commit, once, by whoever made it; what was stored around that begins too."""

import pytest
from django.db import transaction

from notifications.models import Edit, InboxItem, Notification, Removal, Status, audiences
from notifications.sending import acts, start
from notifications.sending.dispatch import Dispatch
from notifications.sending.item_jobs import EditJob, RemovalJob
from notifications.wire.message import Message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def begun(monkeypatch):
    """The jobs that were run in this thread, one after the other."""
    jobs = []
    for job in (Dispatch, EditJob, RemovalJob):
        run = job.run
        monkeypatch.setattr(
            job, "run", lambda self, *args, run=run: (jobs.append(type(self)), run(self, *args))[1]
        )
    return jobs


def test_each_act_begins_its_job_once_at_the_commit(begun, alice):
    with transaction.atomic():
        sent = acts.send(Message("Hello"), audience=audiences.Everyone()).notification
        assert begun == []
    assert begun == [Dispatch]
    with transaction.atomic():
        acts.edit(sent.pk, title="Other")
        assert begun == [Dispatch]
    assert begun == [Dispatch, EditJob]
    acts.withdraw(sent.pk)
    acts.withdraw(sent.pk)
    assert begun == [Dispatch, EditJob, RemovalJob]
    unfinished = {"finished_at": None}
    assert not Edit.objects.filter(**unfinished).exists()
    assert not Removal.objects.filter(**unfinished).exists()
    assert not InboxItem.objects.present().exists()


def test_what_is_rolled_back_or_scheduled_begins_nothing(begun, alice):
    with transaction.atomic():
        acts.send(Message("Hello"), audience=audiences.Everyone())
        transaction.set_rollback(True)
    row = {"title": "Hello", "audience_kind": "everyone"}
    Notification.objects.create(**row, status=Status.DRAFT)
    assert begun == []


def test_a_row_stored_around_sending_begins_at_its_commit(begun, alice):
    with transaction.atomic():
        row = Notification.objects.create(
            title="Hello", audience_kind="everyone", status=Status.SENDING
        )
        assert begun == []
    assert begun == [Dispatch]
    assert InboxItem.objects.get().notification == row


def test_what_is_large_is_left_to_a_dispatcher_which_is_woken(begun, alice, bob, settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 1
    start.nudged.clear()
    sent = acts.send(Message("Hello"), audience=audiences.Everyone()).notification
    assert (begun, sent.status) == ([], Status.SENDING)
    assert start.nudged.is_set()
