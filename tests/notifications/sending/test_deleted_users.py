"""A user who is deleted while others write into their inbox: both get through."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models.deletion import Collector

from notifications.inbox import acts, stats
from notifications.models import Inbox, InboxItem, Notification, Status
from notifications.sending.dispatch import Dispatch
from notifications.sending.small_sends import send_together
from tests.support.processes import until
from tests.support.waiting import somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def crowd(db):
    """People who have no inbox yet."""
    users = get_user_model()
    return users.objects.bulk_create(users(username=f"u{n}", password="!") for n in range(4))


@pytest.fixture
def waiting(crowd, settings):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 3
    row = Notification(title="Hello", audience_kind="everyone", status=Status.SENDING)
    # Nobody is told, so whoever dispatches it accepts it, and makes the inboxes.
    return Notification.objects.bulk_create([row])[0]


def holders():
    return list(InboxItem.objects.order_by("inbox").values_list("inbox__user", flat=True))


def test_what_arrives_after_django_has_looked_goes_with_the_user(waiting, crowd):
    leaving, *others = crowd
    leaving_id = leaving.pk
    collector = Collector(using="default")
    collector.collect([leaving])
    assert Dispatch(waiting.pk).run()
    acts.mark_read(leaving.pk, acts.Chosen([waiting.pk]))
    collector.delete()
    assert holders() == [user.pk for user in others]
    assert not Inbox.objects.filter(user=leaving_id).exists()
    stats.roll_up()
    assert stats.kept(waiting.pk) == stats.exact(waiting.pk) == stats.Counts()


@pytest.mark.parametrize("is_together", [False, True])
@pytest.mark.parametrize("has_inbox", [False, True])
def test_a_dispatch_passes_over_whoever_is_just_being_deleted(
    waiting, crowd, settings, caplog, is_together, has_inbox
):
    settings.NOTIFICATIONS_DISPATCH_CHUNK_SIZE = 4
    leaving, *others = crowd
    if has_inbox:
        Inbox.objects.ensure_of([leaving.pk])

    def dispatch():
        if is_together:
            send_together([waiting.pk])
        else:
            Dispatch(waiting.pk).run()
        connection.close()

    dispatching = threading.Thread(target=dispatch)
    with transaction.atomic():
        leaving.delete()
        dispatching.start()
        until(lambda: somebody_waits() or not dispatching.is_alive(), "the dispatch waits")
    dispatching.join(60)
    assert holders() == [user.pk for user in others]
    assert Notification.objects.get().status == Status.SENT
    assert caplog.text == ""
