"""The tests' own client: what the protocol has it do where no server of ours gives it cause."""

import pytest

from tests.support.inbox_state import InboxState
from tests.support.judge import Judge

AT_3 = {"epoch": "e", "revision": 3}


def one(pk, revision, arrived=None, **fields):
    """A notification, as far as a state looks at it."""
    return {
        "id": pk, "revision": revision, "arrived_revision": arrived or revision,
        "archived_at": None, "snoozed_until": None, "seen_at": None, "read_at": None, **fields,
    }  # fmt: skip


def changes(since, revision, *notifications, removed=(), **fields):
    return {
        "type": "changes", "since": since, "revision": revision,
        "notifications": list(notifications), "removed": list(removed), **fields,
    }  # fmt: skip


def test_a_duplicate_is_ignored_and_an_overlap_applied():
    state = InboxState(**AT_3)
    assert not state.apply(changes(0, 3, one("1", 3)))
    assert state.notifications == {}
    assert not state.apply(changes(1, 4, one("1", 4)))
    assert (state.revision, list(state.notifications)) == (4, ["1"])


def test_after_a_gap_it_asks_once_and_ignores_changes_until_the_answer():
    state = InboxState(**AT_3)
    assert state.apply(changes(4, 5, one("2", 5)))
    assert not state.apply(changes(5, 6, one("3", 6)))
    assert not state.apply({"type": "ping", "revision": 6})
    assert (state.revision, state.notifications) == (3, {})
    assert not state.apply(changes(3, 6, one("2", 5), one("3", 6)))
    assert (state.revision, state.awaits_resume) == (6, False)


@pytest.mark.parametrize("frame", ["ping", "synced"])
def test_a_higher_revision_than_its_own_is_a_gap(frame):
    state = InboxState(**AT_3)
    assert not state.apply({"type": frame, "revision": 3})
    assert state.apply({"type": frame, "revision": 4})


def test_of_two_copies_the_higher_revision_wins_and_removed_is_final():
    state = InboxState(**AT_3)
    state.notifications = {"1": one("1", 9, 1)}
    state.apply(changes(3, 4, one("1", 4, 1), removed=["2"]))
    assert state.notifications["1"]["revision"] == 9
    state.apply(changes(4, 5, one("2", 5)))
    assert list(state.notifications) == ["1"]


def test_older_ones_than_it_holds_are_not_held_where_there_are_more():
    state = InboxState(**AT_3, more=True)
    state.notifications = {"2": one("2", 2)}
    state.apply(changes(3, 4, one("1", 4, arrived=1)))
    assert list(state.notifications) == ["2"]
    state.apply(changes(4, 5, one("3", 5)))
    assert sorted(state.notifications) == ["2", "3"]


@pytest.mark.parametrize(
    "frames",
    [
        [{"type": "ping", "revision": 0}],
        [{"type": "hello"}],
        [{"type": "synced", "revision": 1}],
        [{"type": "changes", "since": 1, "revision": 2, "notifications": [], "removed": []}],
        [{"type": "bye", "code": 4008, "reason": "", "reconnect": True, "after_ms": 0}],
        [
            {"type": "bye", "code": 4008, "reason": "", "reconnect": False, "after_ms": 0},
            {"type": "ping", "revision": 0},
        ],
    ],
)
def test_the_judge_objects(frames):
    violations = []
    judge = Judge(0, violations)
    for frame in frames:
        judge.judge(frame, 100)
    assert violations


def test_the_judge_objects_to_a_close_without_a_bye_or_with_another_code():
    violations = []
    Judge(0, violations).ended(4008)
    judge = Judge(0, violations)
    judge.judge({"type": "bye", "code": 4008, "reason": "", "reconnect": False, "after_ms": 0}, 100)
    judge.ended(4001)
    assert len(violations) == 2
