"""The checker itself: it says nothing where all is well, and finds each kind of fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notifications.inbox import acts
from notifications.models import Inbox, InboxItem
from notifications.models.audiences import ChosenUsers
from notifications.sending import acts as sending_acts
from notifications.wire.message import Message
from tests.support.ledger import Head, Item, Journal, Ledger, State

if TYPE_CHECKING:
    from pathlib import Path

ALICE, BOB, CHARLIE = 1, 2, 3


def a_state() -> State:
    """7 was sent to alice and bob, and alice has read it; 8 was sent to bob and withdrawn."""
    return State(
        heads={ALICE: Head(2, 0, 0), BOB: Head(3, 1, 1), CHARLIE: Head(0, 0, 0)},
        items=[
            Item(ALICE, 7, revision=2, arrived_revision=1, seen=True, read=True),
            Item(BOB, 7, revision=1, arrived_revision=1),
            Item(BOB, 8, revision=3, arrived_revision=2, listed=False, removed=True),
        ],
    )


def a_ledger() -> Ledger:
    return Ledger(sent={7: {ALICE, BOB}, 8: {BOB}}, withdrawn={8}, acted=[(ALICE, 2)])


def with_head(user: int, head: Head) -> State:
    state = a_state()
    state.heads[user] = head
    return state


def with_item(item: Item) -> State:
    state = a_state()
    state.items.append(item)
    return state


def without_item(index: int) -> State:
    state = a_state()
    del state.items[index]
    return state


def with_item_at(index: int, **changes: object) -> State:
    state = a_state()
    state.items[index] = state.items[index]._replace(**changes)
    return state


def test_a_right_state_has_no_faults() -> None:
    assert a_ledger().faults(a_state()) == []


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        (with_head(BOB, Head(3, 2, 1)), "Inbox of 2: says 2 unread, holds 1"),
        (with_head(BOB, Head(3, 1, 0)), "Inbox of 2: says 0 unseen, holds 1"),
        (with_head(ALICE, Head(3, 0, 0)), "Inbox of 1: revision 3 was taken 0 times"),
        (with_head(ALICE, Head(1, 0, 0)), "Inbox of 1: revision 2 lies beyond 1"),
        (with_item_at(2, arrived_revision=1), "Inbox of 2: revision 1 was taken 2 times"),
        (with_item_at(0, revision=9), "Inbox of 1: nobody made 7's last change"),
        (without_item(1), "Notification 7: missing in the inbox of 2"),
        (with_item(Item(BOB, 7, 1, 1)), "Notification 7: 2 times in the inbox of 2"),
        (with_item(Item(CHARLIE, 7, 1, 1)), "Notification 7: in the inbox of 3, of no recipient"),
        (with_item(Item(ALICE, 9, 3, 3)), "Notification 9: nobody was told that it was sent"),
        (with_item_at(2, removed=False), "Notification 8: still in the inbox of 2"),
    ],
)
def test_it_finds(state: State, fault: str) -> None:
    assert fault in a_ledger().faults(state)


def test_an_act_that_was_told_a_revision_of_somebody_elses_is_found() -> None:
    ledger = a_ledger()
    ledger.acted.append((ALICE, 2))

    assert ledger.faults(a_state()) == ["Inbox of 1: revision 2 was taken 2 times"]


def test_what_was_withdrawn_may_have_reached_nobody() -> None:
    ledger = a_ledger()
    ledger.sent[9], ledger.withdrawn = {ALICE}, {8, 9}

    assert ledger.faults(a_state()) == []


def test_it_reads_what_actors_wrote(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "one")
    journal.sent(7, [ALICE, BOB])
    journal.acted(ALICE, 2)
    other = Journal(tmp_path / "two")
    other.sent(8, [BOB])
    other.withdrawn(8)

    ledger = Ledger.of(tmp_path / "one", tmp_path / "two", tmp_path / "of one who did nothing")

    assert ledger == a_ledger()


@pytest.mark.django_db(transaction=True)
def test_it_reads_the_database(alice, bob, charlie) -> None:  # type: ignore[no-untyped-def]
    ledger = Ledger()
    for recipients in ([alice.pk, bob.pk], [bob.pk]):
        sent = sending_acts.send(Message("A title"), audience=ChosenUsers(recipients, "some"))
        ledger.sent[sent.notification.pk] = set(recipients)
    first, second = ledger.sent
    ledger.acted.append((alice.pk, acts.mark_read(alice.pk, acts.Chosen([first])).revision))
    ledger.acted.append((bob.pk, acts.archive(bob.pk, acts.Chosen([first])).revision))
    sending_acts.withdraw(second)
    ledger.withdrawn.add(second)

    assert ledger.faults() == []

    Inbox.objects.filter(user=charlie).update(revision=1)
    InboxItem.objects.filter(inbox__user=alice).update(read_at=None)
    assert ledger.faults() == [
        f"Inbox of {alice.pk}: says 0 unread, holds 1",
        f"Inbox of {charlie.pk}: revision 1 was taken 0 times",
    ]
