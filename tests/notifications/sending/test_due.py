"""One statement tells whether anything is due, and misses nothing that a dispatcher would find."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.models import Edit, Notification, Removal, Status
from notifications.sending import due, start
from notifications.sending.worker import Dispatcher

NEVER = threading.Event()
NOW = timezone.now()
SOON, AGO = NOW + timedelta(hours=1), NOW - timedelta(seconds=1)


@pytest.fixture
def one(send, alice):
    """A notification that has arrived."""
    return send(to=[alice])


def changed(notification, **fields):
    Notification.objects.filter(pk=notification.pk).update(**fields)


def test_where_nothing_is_due_one_statement_tells_so(one):
    changed(one, expires_at=SOON)
    Edit.objects.create(notification=one, begun_at=NOW, finished_at=NOW)
    Removal.objects.create(notification=one, finished_at=NOW)
    one.items.update(snoozed_until=SOON)
    assert not due.is_work()
    assert not due.is_asleep()
    dispatcher = Dispatcher()
    while dispatcher.turn(NEVER) == 0:  # what comes at first and then rarely
        pass
    start.nudge()
    with CaptureQueriesContext(connection) as asked:
        dispatcher.turn(NEVER)
    assert len([query for query in asked if "notifications_removal" in query["sql"]]) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"status": Status.SCHEDULED, "send_at": AGO},
        {"status": Status.SENDING},
        {"status": Status.SENDING, "lease_until": SOON},  # who has it may be dead
        {"expires_at": AGO},
    ],
)
def test_a_notification_that_is_due_is_work(one, fields):
    assert not due.is_work()
    changed(one, **fields)
    assert due.is_work()


@pytest.mark.parametrize(
    "fields",
    [
        {"status": Status.SCHEDULED, "send_at": SOON},
        {"status": Status.CANCELLED, "send_at": AGO},
        {"expires_at": AGO, "expired_at": NOW},
    ],
)
def test_one_that_is_not_is_none(one, fields):
    changed(one, **fields)
    assert not due.is_work()


@pytest.mark.parametrize(("job", "fields"), [(Edit, {"begun_at": NOW}), (Removal, {})])
def test_a_job_that_is_not_finished_is_work(one, job, fields):
    job.objects.create(notification=one, **fields)
    assert due.is_work()


def test_what_is_to_wake_is_noticed_unless_it_has_gone(one):
    one.items.update(snoozed_until=AGO)
    assert due.is_asleep()
    assert not due.is_work()
    one.items.update(removed_at=NOW)
    assert not due.is_asleep()
