"""The checker itself: it says nothing of a good history, and finds each promise that is broken."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.checker import World, faults
from tests.support.history import Outcome, Retelling, Send, SendLog, Story
from tests.support.ledger import Head, Item, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.wire import Frame

ALICE, BOB = 1, 2


class History:
    """7 and 8 were sent to alice, 8 to bob too; a third send failed, and nobody knows of another.

    Alice's client was there when 7 came, and came back after 8; bob's opened in the end.
    """

    def __init__(self) -> None:
        self.sends = [
            Send("first", frozenset({ALICE}), Outcome.ACKNOWLEDGED, 7),
            Send("second", frozenset({ALICE, BOB}), Outcome.ACKNOWLEDGED, 8),
            Send("third", frozenset({ALICE}), Outcome.FAILED),
            Send("fourth", frozenset({ALICE}), Outcome.UNKNOWN),
        ]
        self.world = World(
            {"first": [7], "second": [8]},
            State(
                {ALICE: Head(2, 2, 2), BOB: Head(1, 1, 1)},
                [Item(ALICE, 7, 1, 1), Item(ALICE, 8, 2, 2), Item(BOB, 8, 1, 1)],
            ),
            {ALICE: "a", BOB: "b"},
        )
        self.alice = Story(
            "alice's",
            ALICE,
            [
                [hello("a", 0), snapshot("a", 0), synced(0), changes(0, 1, notification(7, 1))],
                [hello("a", 2), changes(1, 2, notification(8, 2), unread=2), synced(2)],
            ],
        )
        self.bob = Story(
            "bob's", BOB, [[hello("b", 1), snapshot("b", 1, notification(8, 1)), synced(1)]]
        )

    def faults(self) -> list[str]:
        return faults(self.sends, [self.alice, self.bob], self.world)


def hello(epoch: str, revision: int) -> Frame:
    return {"type": "hello", "epoch": epoch, "revision": revision}


def synced(revision: int) -> Frame:
    return {"type": "synced", "revision": revision}


def notification(pk: int, revision: int, **fields: Any) -> Frame:
    moments = dict.fromkeys(("seen_at", "read_at", "archived_at", "snoozed_until", "saved_at"))
    return {"id": str(pk), "revision": revision, "arrived_revision": revision, **moments, **fields}


def snapshot(epoch: str, revision: int, *notifications: Frame) -> Frame:
    counts = {"unread": len(notifications), "unseen": len(notifications)}
    return {
        "type": "snapshot", "epoch": epoch, "revision": revision, "more": False,
        "notifications": list(notifications), "counts": counts,
    }  # fmt: skip


def changes(since: int, revision: int, *notifications: Frame, unread: int = 1) -> Frame:
    return {
        "type": "changes", "since": since, "revision": revision, "removed": [],
        "notifications": list(notifications), "counts": {"unread": unread, "unseen": unread},
    }  # fmt: skip


def test_a_good_history_has_no_faults() -> None:
    assert History().faults() == []


# --- How each promise is broken -------------------------------------------------------------------


def an_acknowledged_send_is_gone(history: History) -> None:
    history.world.titles.pop("second")


def an_acknowledged_send_misses_a_recipient(history: History) -> None:
    history.world.state.items.pop()


def an_inbox_has_a_gap(history: History) -> None:
    history.world.state.heads[BOB] = Head(2, 1, 1)


def a_client_goes_back(history: History) -> None:
    history.alice.connections.append([hello("a", 2), snapshot("a", 1, notification(7, 1))])


def a_client_ends_early(history: History) -> None:
    history.alice.connections.pop()


def a_client_ends_in_an_old_epoch(history: History) -> None:
    history.world.epochs[BOB] = "c"


def a_client_misses_one_though_its_revision_is_right(history: History) -> None:
    history.alice.connections[1][1]["notifications"] = []


def a_client_counts_wrong(history: History) -> None:
    history.alice.connections[1][1]["counts"] = {"unread": 5, "unseen": 5}


def a_frame_names_one_twice(history: History) -> None:
    history.alice.connections[1][1]["notifications"].append(notification(8, 2))


def one_is_announced_twice(history: History) -> None:
    # As if it had arrived anew.
    history.alice.connections[1][1]["notifications"].append(notification(7, 2))


def a_client_is_told_of_somebody_elses(history: History) -> None:
    history.bob.connections[0][1] = snapshot("b", 1, notification(7, 1))


def somebody_elses_is_in_an_inbox(history: History) -> None:
    history.world.state.items.append(Item(BOB, 7, 1, 1))


def a_send_that_failed_is_there(history: History) -> None:
    history.world.titles["third"] = [9]


def a_send_of_which_nobody_knew_is_there_twice(history: History) -> None:
    history.world.titles["fourth"] = [9, 10]


def something_is_there_that_nobody_sent(history: History) -> None:
    history.world.titles["fifth"] = [9]


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (an_acknowledged_send_is_gone, "second: acknowledged as 8, and not there"),
        (an_acknowledged_send_misses_a_recipient, "Notification 8: missing in the inbox of 2"),
        (an_inbox_has_a_gap, "Inbox of 2: revision 2 was taken 0 times"),
        (a_client_goes_back, "alice's: went back from 2 to 1 in one epoch"),
        (a_client_ends_early, "alice's: ends at ('a', 1), not at ('a', 2)"),
        (a_client_ends_in_an_old_epoch, "bob's: ends at ('b', 1), not at ('c', 1)"),
        (
            a_client_misses_one_though_its_revision_is_right,
            "alice's: holds ['7'], not ['7', '8']",
        ),
        (
            a_client_counts_wrong,
            "alice's: counts {'unread': 5, 'unseen': 5}, not Head(revision=2, unread=2, unseen=2)",
        ),
        (a_frame_names_one_twice, "alice's: changes 2 names one twice"),
        (one_is_announced_twice, "alice's: announced 7 2 times"),
        (a_client_is_told_of_somebody_elses, "bob's: was told of 7, which is not theirs"),
        (somebody_elses_is_in_an_inbox, "Notification 7: in the inbox of 2, of no recipient"),
        (a_send_that_failed_is_there, "third: failed, and is there as [9]"),
        (
            a_send_of_which_nobody_knew_is_there_twice,
            "fourth: unknown, and is there as [9, 10]",
        ),
        (something_is_there_that_nobody_sent, "fifth: is there, and nobody sent it"),
    ],
)
def test_it_finds_that(broken: Callable[[History], None], fault: str) -> None:
    history = History()
    broken(history)

    assert fault in history.faults()


def test_a_send_of_which_nobody_knew_may_be_there() -> None:
    history = History()
    history.world.titles["fourth"] = [9]
    history.world.state.items.append(Item(ALICE, 9, 3, 3))
    history.world.state.heads[ALICE] = Head(3, 3, 3)
    history.alice.connections.append([changes(2, 3, notification(9, 3), unread=3)])

    assert history.faults() == []


# --- What a client would announce -----------------------------------------------------------------


def announced(*connections: list[Frame]) -> dict[str, int]:
    return Retelling(Story("hers", ALICE, list(connections))).announced


def test_what_was_there_before_the_page_is_not_announced() -> None:
    opening = [hello("a", 1), changes(0, 1, notification(7, 1)), synced(1)]

    assert announced(opening) == {}
    assert announced([*opening, changes(1, 2, notification(8, 2))]) == {"8": 1}


def test_what_came_while_it_was_away_is_announced_once() -> None:
    opening = [hello("a", 0), synced(0)]
    resumed = [hello("a", 1), changes(0, 1, notification(7, 1)), synced(1)]

    # The duplicate is what a lost pong brings.
    assert announced(opening, [*resumed, changes(0, 1, notification(7, 1))]) == {"7": 1}


def test_nothing_of_a_snapshot_is_announced_nor_what_was_seen_elsewhere() -> None:
    opening = [hello("a", 0), synced(0)]
    seen = notification(8, 2, seen_at="2026-11-24T09:00:00.000Z")
    resumed = [hello("a", 2), snapshot("b", 1, notification(7, 1)), changes(1, 2, seen), synced(2)]

    assert announced(opening, resumed) == {}


def test_a_change_that_was_split_is_announced_by_what_was_held_before_its_first_part() -> None:
    opening = [hello("a", 0), synced(0)]
    # It arrived with 2 and was edited with 4.
    edited = notification(7, 2) | {"revision": 4}
    parts = [changes(0, 3, notification(8, 3)) | {"partial": True}, changes(3, 4, edited)]

    assert announced(opening, parts) == {"7": 1, "8": 1}


# --- What senders write down ----------------------------------------------------------------------


def said(log: SendLog, *outcomes: Outcome) -> Outcome:
    log.begins("first", [ALICE])
    for outcome in outcomes:
        log.ended("first", outcome, took_s=0.5)
    (send,) = log.sends()
    assert send.recipients == {ALICE}
    assert send.took_s == [0.5] * len(outcomes)
    return copy.copy(send.outcome)


@pytest.mark.parametrize(
    ("outcomes", "known"),
    [
        ([], Outcome.UNKNOWN),
        ([Outcome.FAILED], Outcome.FAILED),
        ([Outcome.UNKNOWN, Outcome.FAILED], Outcome.UNKNOWN),
        ([Outcome.UNKNOWN, Outcome.ACKNOWLEDGED], Outcome.ACKNOWLEDGED),
        ([Outcome.FAILED, Outcome.FAILED], Outcome.FAILED),
    ],
)
def test_the_log_knows_what_came_of_a_send(
    tmp_path: Path, outcomes: list[Outcome], known: Outcome
) -> None:
    assert said(SendLog(tmp_path / "log"), *outcomes) == known


def test_half_a_line_of_a_sender_that_was_killed_is_none(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = SendLog(path)
    log.begins("first", [ALICE])
    with path.open("a", encoding="utf-8") as file:
        file.write('{"title": "fir')

    assert [send.title for send in log.sends()] == ["first"]
