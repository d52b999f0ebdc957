"""How often one sender may tell everyone something, however many ask at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from notifications.models import Notification, audiences
from notifications.sending import acts, quota
from notifications.wire.message import Message

MAX = 3
AT_ONCE = 10

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def few(settings):
    settings.NOTIFICATIONS_EVERYONE_RATE_PER_H = MAX


def at_once(ask):
    """What became of so many who ask at the same time, each on a connection of its own."""
    together = threading.Barrier(AT_ONCE)

    def one(number):
        together.wait(60)
        try:
            return ask(number)
        except quota.QuotaExceeded:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(one, range(AT_ONCE)))


def to_everyone(title, key=None, sent_by="a shop"):
    idempotency = key and acts.IdempotencyKey("a shop", key)
    return acts.send(
        Message(title),
        audience=audiences.Everyone(),
        sent_by=sent_by,
        idempotency=idempotency,
        rationed=True,
    )


def test_no_more_get_through_at_once_than_one_after_the_other(alice):
    # Half of them name their request, half do not: it is the same sender.
    answers = at_once(lambda n: to_everyone(f"{n}", key=f"{n}" if n % 2 else None))
    assert len([one for one in answers if one is not None]) == MAX
    assert Notification.objects.count() == MAX


def test_the_same_request_takes_room_once_however_many_ask_at_once(alice):
    answers = at_once(lambda _n: to_everyone("The same", key="one"))
    assert len({one.notification.pk for one in answers}) == 1
    assert [one.created for one in answers].count(True) == 1


def test_senders_do_not_take_each_others_room(alice):
    answers = at_once(lambda n: to_everyone(f"{n}", sent_by=f"shop {n % 2}"))
    assert len([one for one in answers if one is not None]) == 2 * MAX
