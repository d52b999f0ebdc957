"""Who holds what: from a client's word to the item's moment of delivery."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from notifications.inbox import acts, reading
from notifications.models import Epoch, Inbox, InboxItem
from notifications.process import metrics
from notifications.push import catch_up, receipts
from notifications.push.receipts import Receipt, Receipts, write


def epoch_tag():
    return catch_up.epoch_tag(Epoch.objects.get().epoch_secret)


def receipt(user, revision):
    return Receipt(user.notifications_inbox.pk, epoch_tag(), revision)


def delivered(user):
    items = InboxItem.objects.filter(inbox__user=user, delivered_at__isnull=False)
    return sorted(items.values_list("notification__title", flat=True))


# --- What a receipt marks -------------------------------------------------------------------------


def test_a_receipt_marks_what_arrived_up_to_its_revision(send, alice, bob):
    for title in ("one", "two", "three"):
        send(title, to=[alice, bob])
    assert write([receipt(alice, 2)])
    assert delivered(alice) == ["one", "two"]
    assert delivered(bob) == []


def test_many_inboxes_are_marked_together(send, user, django_assert_max_num_queries):
    people = [user(f"user{n}") for n in range(20)]
    send("for all", to=people)
    told = [receipt(one, 1) for one in people[:15]]
    with django_assert_max_num_queries(7):
        assert write(told)
    assert [delivered(one) for one in people] == [["for all"]] * 15 + [[]] * 5


def test_what_is_marked_is_not_marked_again(send, alice, django_assert_num_queries):
    send(to=[alice])
    write([receipt(alice, 1)])
    before = InboxItem.objects.get().delivered_at
    told = [receipt(alice, 1)]
    with django_assert_num_queries(2):  # the epoch, and a look at what there is to mark
        assert write(told)
    assert InboxItem.objects.get().delivered_at == before


def test_a_receipt_is_no_change_of_the_inbox(send, alice):
    send(to=[alice])
    before = Inbox.objects.filter(user=alice).values().get(), InboxItem.objects.get().revision
    write([receipt(alice, 1)])
    after = Inbox.objects.filter(user=alice).values().get(), InboxItem.objects.get().revision
    assert after == before


def test_what_was_withdrawn_before_is_not_delivered(send, withdraw, alice):
    withdraw(send("gone", to=[alice]))
    assert write([receipt(alice, 2)])
    assert delivered(alice) == []


def test_how_long_it_took_is_counted_of_what_came_while_the_client_was_there(send, alice):
    def counted():
        return sum(metrics.commit_to_acknowledged.read()[0])

    send("before", to=[alice])
    came_at = time.time()
    send("while", to=[alice])
    before = counted()
    there = replace(receipt(alice, 2), came_at=came_at, told_at=time.time())
    assert write([there])
    assert delivered(alice) == ["before", "while"]
    assert counted() == before + 1


def test_a_receipt_of_another_life_says_nothing(send, alice):
    send(to=[alice])
    assert write([Receipt(alice.notifications_inbox.pk, "another", 1)])
    assert delivered(alice) == []


@pytest.mark.parametrize("act", [acts.mark_seen, acts.mark_read])
def test_what_is_seen_or_read_was_delivered(send, alice, act):
    sent = send(to=[alice])
    act(alice.pk, acts.Chosen([sent.pk]))
    item = InboxItem.objects.get()
    assert item.delivered_at == item.seen_at is not None


def test_seeing_does_not_move_the_moment_of_delivery(send, alice):
    sent = send(to=[alice])
    write([receipt(alice, 1)])
    before = InboxItem.objects.get().delivered_at
    acts.mark_seen(alice.pk, acts.Chosen([sent.pk]))
    assert InboxItem.objects.get().delivered_at == before


def test_more_than_one_transaction_takes_is_marked_bit_by_bit(send, alice, monkeypatch):
    monkeypatch.setattr(receipts, "_MAX_ITEMS", 2)
    for n in range(5):
        send(f"number {n}", to=[alice])
    rounds = [(write([receipt(alice, 5)]), len(delivered(alice))) for _ in range(3)]
    assert rounds == [(False, 2), (False, 4), (True, 5)]
    assert len(delivered(alice)) == 5


# --- The writer -----------------------------------------------------------------------------------


@pytest.fixture
def tell(monkeypatch):
    """Tell a writer of a loop of its own, and wait until it has nothing left to do."""
    monkeypatch.setattr(receipts, "EVERY_S", 0.01)

    def act(*told):
        async def within():
            writer = Receipts()
            for one in told:
                writer.tell(one.inbox_id, one.epoch_tag, one.revision)
            async with asyncio.timeout(60):
                await writer._worker._task
            assert writer._waiting == {}

        asyncio.run(within())

    return act


@pytest.mark.django_db(transaction=True)
def test_the_highest_revision_that_was_told_counts(tell, send, alice):
    for n in range(3):
        send(f"number {n}", to=[alice])
    tell(receipt(alice, 1), receipt(alice, 3), receipt(alice, 2))
    assert len(delivered(alice)) == 3


@pytest.mark.django_db(transaction=True)
def test_receipts_wait_while_the_database_fails(tell, send, alice, monkeypatch, caplog):
    send(to=[alice])
    failures = [DatabaseError("the disk is full\n")] * 3

    def fail_first(told):
        if failures:
            raise failures.pop()
        return write(told)

    monkeypatch.setattr(receipts, "write", fail_first)
    tell(receipt(alice, 1))
    assert len(delivered(alice)) == 1
    assert [one.getMessage() for one in caplog.records if one.name == receipts.__name__] == [
        "Receipts wait for the database: the disk is full"
    ]


@pytest.mark.django_db(transaction=True)
def test_one_bad_receipt_costs_no_other(tell, send, alice, bob, charlie):
    send(to=[alice, bob])
    tell(receipt(alice, 1), replace(receipt(charlie, 1), revision=2**80), receipt(bob, 1))
    assert (len(delivered(alice)), len(delivered(bob))) == (1, 1)


def test_memory_is_bounded_while_the_database_is_away(monkeypatch):
    monkeypatch.setattr(receipts, "_MAX_WAITING", 10)

    async def within():
        writer = Receipts()
        for n in range(100):
            writer.tell(n, "epoch_tag", 1)
        writer.tell(3, "epoch_tag", 7)
        writer._worker._task.cancel()
        assert len(writer._waiting) == 10
        assert writer._waiting[3, "epoch_tag"][0] == 7

    asyncio.run(within())


@pytest.mark.django_db(transaction=True)
def test_an_item_that_somebody_holds_is_marked_the_next_time(send, alice):
    first = send("one", to=[alice])
    send("two", to=[alice])
    told = [receipt(alice, 2)]
    with ThreadPoolExecutor(1) as elsewhere, transaction.atomic():
        InboxItem.objects.filter(notification=first).update(removed_at=None)
        writing = elsewhere.submit(in_a_thread, lambda: write(told))
        if connection.vendor == "postgresql":
            # It waits for nobody; on SQLite it waits for the write lock, as all writers do.
            assert writing.result(60) is False
            assert delivered(alice) == ["two"]
    assert writing.result(60) is (connection.vendor == "sqlite")
    assert write(told)
    assert delivered(alice) == ["one", "two"]


def in_a_thread(act):
    try:
        return act()
    finally:
        connection.close()


# --- Over HTTP ------------------------------------------------------------------------------------


def post(user, **body):
    client = Client()
    client.force_login(user)
    return client.post("/api/v1/inbox/actions", body, content_type="application/json")


def test_who_has_no_socket_says_so_over_http(send, alice, bob):
    for title in ("one", "two"):
        send(title, to=[alice, bob])
    head = reading.head(alice.pk)
    answer = post(alice, op="delivered", epoch=head.epoch, upto=1)
    assert answer.json() == {"revision": 2, "changed": 1, "counts": {"unread": 2, "unseen": 2}}
    assert delivered(alice) == ["one"]
    answer = post(alice, op="delivered", epoch=head.epoch, upto=2**53 - 1)
    assert answer.json()["changed"] == 1
    assert (delivered(alice), delivered(bob)) == (["one", "two"], [])
    assert Inbox.objects.get(user=alice).revision == 2


def test_a_retry_is_answered_like_the_first(send, alice):
    send(to=[alice])
    body = {"op": "delivered", "epoch": reading.head(alice.pk).epoch, "upto": 1, "op_id": "mine"}
    assert post(alice, **body).json() == post(alice, **body).json()
    assert post(alice, **body).json()["changed"] == 1


def test_charlie_can_say_nothing_of_alices(send, alice, charlie):
    send(to=[alice])
    head = reading.head(alice.pk)
    assert post(charlie, op="delivered", epoch=head.epoch, upto=1).status_code == 409
    assert post(charlie, op="delivered", epoch="x", upto=1).status_code == 409
    own = reading.head(charlie.pk).epoch
    assert post(charlie, op="delivered", epoch=own, upto=1).json()["changed"] == 0
    assert delivered(alice) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"epoch": "x"},
        {"upto": 1},
        {"epoch": "x", "upto": -1},
        {"epoch": "x", "upto": "1"},
        {"epoch": "x", "upto": 1, "all": True},
        {"epoch": "x", "upto": 1, "notifications": ["1"]},
    ],
)
def test_half_a_receipt_is_422(body, alice):
    assert post(alice, op="delivered", **body).status_code == 422
