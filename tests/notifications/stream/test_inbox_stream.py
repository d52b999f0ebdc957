"""A stream obeys the protocol (sections 2 and 3): facts in, actions out, and no clock."""

import copy
import json
import os

import pytest
from hypothesis import HealthCheck, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from notifications.stream.inbox_stream import (
    Close,
    Entry,
    Hint,
    InboxStream,
    Limits,
    Load,
    Loaded,
    Send,
    split,
)
from notifications.wire import frames
from notifications.wire.contract import CloseCode
from notifications.wire.frames import BadFrame, Cursor, Ping, Pong, Resume
from tests.support.stream_world import Client, ClientConnection, Inbox, Referee

KIB = 1024
WINDOW = 64 * KIB
LARGEST = 128 * KIB
EPOCH, EPOCH_TAG = "epoch 1", "life 1"
NEW_EPOCH, NEW_EPOCH_TAG = "epoch 2", "life 2"


def at(revision, epoch=EPOCH):
    return Cursor(epoch, revision)


def item(revision, size=100, name=None):
    """A notification that changed at this revision."""
    name = name or f"n{revision}"
    head = b'{"id":"%s","revision":%d,"body":"' % (name.encode(), revision)
    return Entry(revision, name, head + b"x" * (size - len(head) - 2) + b'"}')


def gone(revision):
    return Entry(revision, f"n{revision}", None)


def database(
    revision, since=None, changes=(), listed=None, epoch=EPOCH, epoch_tag=EPOCH_TAG, **fields
):
    """What a read has found: the changes after ``since``, or else the newest ones."""
    if since is None and listed is None:
        listed = [item(revision)]
    return Loaded(
        user="user", epoch=epoch, epoch_tag=epoch_tag, revision=revision,
        unread=1, unseen=1, since=since, changes=tuple(changes),
        listed=None if listed is None else tuple(entry.encoded for entry in listed), **fields,
    )  # fmt: skip


def hint(since, revision, size=100, *, framed=True, epoch_tag=EPOCH_TAG):
    def frame():
        return frames.changes(since, revision, [item(revision, size).encoded], [], b"{}")

    return Hint(epoch_tag, since, revision, frame if framed else None)


class Talk:
    """A stream and all that is said to it; what it answers is noted, in words.

    A frame is noted as it is decoded, a read as "load", a close as its code.
    """

    def __init__(self, cursor=None, **limits):
        self.now = 0.0
        self.held = 0  # bytes that the server has not sent
        self.stream = InboxStream(
            connection="connection", born_at=0.0, server_time=lambda: "now",
            limits=Limits(**limits), buffered=lambda: self.held,
        )  # fmt: skip
        self.said = []
        self.loads = []
        self.open = self._do(self.stream.open(cursor))

    def _do(self, actions):
        said = []
        for action in actions:
            if isinstance(action, Send):
                said.append(json.loads(action.frame) | {"size": len(action.frame)})
            elif isinstance(action, Load):
                self.loads.append(action.cursor)
                said.append("load")
            else:
                assert isinstance(action, Close)
                said.append(int(action.code))
        self.said += said
        return said

    def finds(self, *arguments, **fields):
        return self._do(self.stream.loaded(database(*arguments, **fields), self.now))

    def fails(self):
        return self._do(self.stream.failed(self.now))

    def hears(self, *arguments, **fields):
        return self._do(self.stream.hinted(hint(*arguments, **fields), self.now))

    def is_told(self, revision, epoch_tag=EPOCH_TAG, asked_at=float("-inf")):
        return self._do(self.stream.behind(epoch_tag, revision, asked_at))

    def gets(self, frame):
        return self._do(self.stream.received(frame, self.now))

    def resume(self, cursor):
        return self.gets(Resume(cursor))

    def pong(self, revision, epoch=EPOCH):
        return self.gets(Pong(epoch, revision))

    def misunderstands(self, code="bad_json"):
        return self._do(self.stream.misunderstood(BadFrame(code, "No."), self.now))

    def ends(self, code, after_ms=0):
        return self._do(self.stream.end(code, "So be it.", self.now, after_ms))

    def tick(self, now):
        self.now = now
        return self._do(self.stream.tick(now))

    def wakes(self, upto):
        """Tick whenever the stream asks for it; what it did, by time."""
        done = []
        while (due := max(self.now, self.stream.deadline())) <= upto:
            if did := words(self.tick(due)):
                done.append((due, did))
            elif self.stream.deadline() <= due:
                break  # it waits for room in the buffer
        self.now = upto
        return done


def words(said):
    return [one if isinstance(one, (str, int)) else one["type"] for one in said]


def shape(said):
    """Types, and the revisions that they name."""
    return [
        one
        if isinstance(one, (str, int))
        else (one["type"], *(one[name] for name in ("since", "revision") if name in one))
        for one in said
    ]


def synced_at(revision, **limits):
    """A talk that is up to date, with nothing outstanding."""
    talk = Talk(at(revision), **limits)
    talk.finds(revision, since=revision)
    return talk


def full(revision=5, **limits):
    """One whose window is full, by a frame that led to ``revision``, at time 0."""
    talk = synced_at(revision - 1, **limits)
    assert shape(talk.hears(revision - 1, revision, WINDOW)) == [
        ("changes", revision - 1, revision), ("ping", revision),
    ]  # fmt: skip
    return talk


# --- Hello, and the cursor in the URL -------------------------------------------------------------


def test_a_stream_reads_from_the_cursor_in_its_url_before_it_says_anything():
    talk = Talk(at(3))
    assert talk.open == ["load"]
    assert talk.loads == [at(3)]


def test_hello_comes_first_and_tells_where_the_inbox_is():
    said = Talk(at(5), ping_interval_s=7).finds(9, since=5, changes=[item(9)])
    said[0].pop("size")
    assert said[0] == {
        "type": "hello", "protocol": 1, "connection": "connection", "user": "user",
        "server_time": "now", "epoch": EPOCH, "revision": 9, "floor": 0, "ping_interval_s": 7,
        "max_frame_bytes": 4096,
    }  # fmt: skip


def test_a_cursor_at_the_head_is_answered_by_synced_alone():
    talk = Talk(at(5))
    assert shape(talk.finds(5, since=5)) == [("hello", 5), ("synced", 5)]


def test_a_cursor_behind_the_head_is_answered_by_the_changes_and_one_synced():
    talk = Talk(at(3))
    said = talk.finds(5, since=3, changes=[item(4), gone(5)])
    assert shape(said) == [("hello", 5), ("changes", 3, 5), ("synced", 5)]
    assert [one["id"] for one in said[1]["notifications"]] == ["n4"]
    assert said[1]["removed"] == ["n5"]
    assert said[1]["counts"] == {"unread": 1, "unseen": 1}
    assert "partial" not in said[1]


@pytest.mark.parametrize(
    "cursor",
    [None, at(5, NEW_EPOCH), at(99)],
    ids=["none", "another epoch", "beyond the head"],
)
def test_a_cursor_that_cannot_be_resumed_from_is_answered_by_a_snapshot_and_synced(cursor):
    talk = Talk(cursor)
    said = talk.finds(9, listed=[item(9), item(8)])
    assert shape(said) == [("hello", 9), ("snapshot", 9), ("synced", 9)]
    assert said[1]["epoch"] == EPOCH
    assert [one["id"] for one in said[1]["notifications"]] == ["n9", "n8"]
    assert said[1]["more"] is False


@pytest.mark.parametrize("cursor", [None, at(5, NEW_EPOCH), at(99)])
def test_the_position_of_an_unusable_cursor_is_0(cursor):
    talk = Talk(cursor)
    talk.held = WINDOW
    talk.finds(9, listed=[item(9)])
    assert shape(talk.gets(Ping())) == [("pong", 0)]


def test_an_empty_inbox_has_an_empty_snapshot():
    assert shape(Talk().finds(0, listed=[])) == [("hello", 0), ("snapshot", 0), ("synced", 0)]


def test_an_empty_snapshot_at_revision_0_is_never_outstanding():
    # Outstanding is what exceeds the last pong, which starts at 0.
    talk = Talk()
    talk.finds(0, listed=[])
    talk.tick(25)
    assert talk.tick(35)[0]["code"] == CloseCode.NO_PONG


@pytest.mark.parametrize("say", [lambda talk: talk.gets(Ping()), Talk.misunderstands])
def test_nothing_is_said_before_hello(say):
    talk = Talk(at(5))
    assert say(talk) == []


def test_a_pong_before_hello_is_ignored():
    talk = Talk(at(5))
    assert talk.pong(9) == talk.pong(0, "") == []
    assert shape(talk.finds(7, since=5, changes=[item(7)])) == [
        ("hello", 7), ("changes", 5, 7), ("synced", 7),
    ]  # fmt: skip


def test_the_database_may_move_while_the_first_read_is_on_its_way():
    # The hub knows the stream before its first read, so that no change falls in between.
    for tell in (lambda talk: talk.hears(5, 6), lambda talk: talk.is_told(6)):
        talk = Talk(at(5))
        assert tell(talk) == []
        assert shape(talk.finds(5, since=5)) == [("hello", 5), ("synced", 5), "load"]
        assert talk.loads[-1] == at(5)


def test_a_hint_that_the_first_read_has_seen_already_costs_no_second_read():
    talk = Talk(at(5))
    talk.hears(5, 6)
    assert shape(talk.finds(6, since=5, changes=[item(6)])) == [
        ("hello", 6), ("changes", 5, 6), ("synced", 6),
    ]  # fmt: skip


# --- Resume ---------------------------------------------------------------------------------------


def test_a_resume_reads_from_its_cursor_and_is_answered_by_one_synced():
    talk = synced_at(5)
    assert talk.resume(at(3)) == ["load"]
    assert talk.loads[-1] == at(3)
    assert shape(talk.finds(5, since=3, changes=[item(4), item(5)])) == [
        ("changes", 3, 5), ("synced", 5),
    ]  # fmt: skip


def test_a_resume_at_the_head_is_answered_by_synced_alone():
    talk = synced_at(5)
    talk.resume(at(5))
    assert shape(talk.gets(Ping())) == [("pong", 5)]
    assert shape(talk.finds(5, since=5)) == [("synced", 5)]


@pytest.mark.parametrize("cursor", [None, at(5, NEW_EPOCH), at(99)])
def test_a_resume_from_nowhere_is_answered_by_a_snapshot(cursor):
    talk = synced_at(5)
    assert talk.resume(cursor) == ["load"]
    assert talk.loads[-1] == cursor
    assert shape(talk.gets(Ping())) == [("pong", 0)]
    assert shape(talk.finds(5)) == [("snapshot", 5), ("synced", 5)]


def test_what_came_live_is_a_place_to_resume_from():
    talk = synced_at(5)
    talk.hears(5, 6)
    talk.resume(at(6))
    assert shape(talk.gets(Ping())) == [("pong", 6)]


def test_two_resumes_are_answered_by_two_synced_from_the_last_cursor():
    talk = synced_at(5)
    assert talk.resume(at(3)) == ["load"]
    assert talk.resume(at(4)) == []
    # What was read for the first counts no longer.
    assert shape(talk.finds(5, since=3, changes=[item(4), item(5)])) == ["load"]
    assert talk.loads[-1] == at(4)
    assert shape(talk.finds(5, since=4, changes=[item(5)])) == [
        ("changes", 4, 5), ("synced", 5), ("synced", 5),
    ]  # fmt: skip
    assert talk.tick(25)[1:] == []


def test_a_resume_while_a_read_is_under_way_is_answered_by_a_read_of_its_own():
    talk = synced_at(5)
    assert talk.hears(6, 7) == ["load"]
    assert talk.resume(at(2)) == []
    assert talk.finds(7, since=5, changes=[item(7)]) == ["load"]
    assert talk.loads[-1] == at(2)
    assert shape(talk.finds(7, since=2, changes=[item(7)])) == [("changes", 2, 7), ("synced", 7)]


def test_a_resume_before_hello_replaces_the_cursor_of_the_url():
    talk = Talk(at(5))
    assert talk.resume(None) == []
    assert shape(talk.finds(5, since=5)) == [("hello", 5), "load"]
    assert talk.loads == [at(5), None]
    assert shape(talk.finds(5)) == [("snapshot", 5), ("synced", 5), ("synced", 5)]


def test_a_resume_voids_what_was_sent_before_it():
    talk = full(5)
    assert talk.hears(5, 6) == []  # no room
    assert talk.resume(at(2)) == ["load"]
    assert shape(talk.gets(Ping())) == [("pong", 2)]
    # Nothing is outstanding, so there is room at once.
    assert shape(talk.finds(6, since=2, changes=[item(5), item(6)])) == [
        ("changes", 2, 6), ("synced", 6),
    ]  # fmt: skip


def test_a_resume_voids_what_was_sent_even_while_a_read_is_under_way():
    talk = synced_at(5)
    talk.hears(6, 7)
    talk.resume(at(2))
    assert shape(talk.gets(Ping())) == [("pong", 2)]
    assert shape(talk.tick(25)) == [("ping", 2)]


def test_a_resume_is_read_for_though_the_read_before_it_failed():
    talk = synced_at(5)
    talk.hears(6, 7)
    talk.resume(None)
    talk.fails()
    assert talk.tick(1) == ["load"]
    assert talk.loads[-1] is None
    assert shape(talk.finds(7)) == [("snapshot", 7), ("synced", 7)]


def test_the_last_pong_becomes_the_cursor_of_a_resume():
    talk = full(9)
    talk.pong(9)
    talk.resume(at(2))
    talk.finds(9, since=2, changes=[item(9, WINDOW)])
    talk.pong(2)
    assert talk.hears(9, 10) == []  # no room yet: what was acknowledged before counts no longer


@pytest.mark.parametrize("fact", [lambda talk: talk.hears(5, 6), lambda talk: talk.is_told(6)])
def test_nothing_live_comes_before_synced(fact):
    talk = synced_at(5)
    talk.resume(at(5))
    assert fact(talk) == []
    assert shape(talk.finds(5, since=5)) == [("synced", 5), "load"]
    assert talk.loads[-1] == at(5)


@pytest.mark.parametrize("stale", [True, False])
def test_a_resume_from_beyond_what_the_stream_knows_is_answered_once(stale):
    # Another connection has brought the client further than this one has heard of.
    talk = synced_at(5)
    if stale:
        talk.hears(6, 7, framed=False)  # a read is under way, which finds less
        talk.resume(at(9))
        talk.finds(7, since=5, changes=[item(7)])
    else:
        talk.resume(at(9))
    assert talk.loads[-1] == at(9)
    assert shape(talk.finds(9, since=9)) == [("synced", 9)]


def test_changes_are_found_from_a_cursor_beyond_what_the_stream_knows():
    talk = synced_at(5)
    talk.resume(at(9))
    assert shape(talk.finds(11, since=9, changes=[item(11)])) == [
        ("changes", 9, 11), ("synced", 11),
    ]  # fmt: skip


def test_a_resume_in_an_epoch_that_the_stream_does_not_know_yet_is_answered_once():
    # Another connection has brought the client there.
    talk = synced_at(5)
    talk.resume(at(3, NEW_EPOCH))
    said = talk.finds(4, since=3, changes=[item(4)], epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)
    if said == ["load"] and talk.loads[-1] is None:
        said = talk.finds(4, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)
    assert shape(said) in (
        [("snapshot", 4), ("synced", 4)],
        [("changes", 3, 4), ("synced", 4)],
    )


def test_five_resumes_at_once_are_allowed_and_one_a_second_after_that():
    talk = synced_at(5)
    for _ in range(5):
        assert 4100 not in talk.resume(at(5))
    for second in (1, 2, 3):
        talk.now = second
        assert 4100 not in talk.resume(at(5))
    talk.now = 3.5
    said = talk.resume(at(5))
    assert words(said) == ["bye", 4100]
    assert said[0]["reconnect"] is True


# --- Live -----------------------------------------------------------------------------------------


def test_a_hint_that_continues_is_passed_on_as_it_is():
    talk = synced_at(5)
    assert shape(talk.hears(5, 6)) == [("changes", 5, 6)]
    assert shape(talk.hears(6, 7)) == [("changes", 6, 7)]
    assert talk.stream.position == 7
    assert len(talk.loads) == 1


@pytest.mark.parametrize(("since", "revision"), [(4, 5), (2, 3)], ids=["double", "older"])
def test_a_hint_of_what_was_sent_already_says_nothing(since, revision):
    assert synced_at(5).hears(since, revision) == []


def test_a_hint_after_a_gap_is_read_for():
    talk = synced_at(5)
    assert talk.hears(6, 7) == ["load"]
    assert talk.loads[-1] == at(5)
    assert shape(talk.finds(7, since=5, changes=[item(6), item(7)])) == [("changes", 5, 7)]


def test_a_hint_that_overlaps_is_news_all_the_same():
    talk = synced_at(5)
    said = talk.hears(3, 7)
    if said == ["load"]:
        said = talk.finds(7, since=5, changes=[item(7)])
    (said,) = said
    assert (said["since"] <= 5, said["revision"]) == (True, 7)


def test_a_hint_without_a_frame_is_read_for():
    talk = synced_at(5)
    assert talk.hears(5, 6, framed=False) == ["load"]


def test_hints_during_a_read_cost_one_more_at_most():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    assert talk.hears(6, 7) == talk.hears(7, 8) == talk.hears(8, 9) == []
    # It has seen some of them.
    assert shape(talk.finds(8, since=5, changes=[item(8)])) == [("changes", 5, 8), "load"]
    assert shape(talk.finds(9, since=8, changes=[item(9)])) == [("changes", 8, 9)]


def test_what_was_not_asked_for_is_not_passed_on():
    talk = synced_at(5)
    talk.hears(5, 9, framed=False)
    assert "changes" not in words(talk.finds(9, since=7, changes=[item(9)]))


def test_a_hint_that_claims_more_than_the_database_holds_costs_one_read():
    talk = synced_at(5)
    assert talk.hears(5, 500, framed=False) == ["load"]
    assert talk.finds(5, since=5) == []
    assert talk.wakes(24) == []
    assert len(talk.loads) == 2
    assert shape(talk.hears(5, 6)) == [("changes", 5, 6)]


def test_a_claim_heard_during_a_read_costs_one_more():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    talk.hears(5, 500, framed=False)
    assert shape(talk.finds(6, since=5, changes=[item(6)])) == [("changes", 5, 6), "load"]
    assert talk.finds(6, since=6) == []


def test_a_claim_heard_while_there_is_no_room_costs_one_read_after_the_pong():
    talk = full(5)
    assert talk.hears(8, 500) == []
    assert talk.pong(5) == ["load"]
    assert talk.finds(5, since=5) == []


def test_who_reads_that_the_inbox_has_moved_makes_the_stream_read():
    talk = synced_at(5)
    assert talk.is_told(5) == []
    assert talk.is_told(7) == ["load"]
    assert talk.is_told(8) == []
    assert talk.loads[-1] == at(5)


def test_a_change_of_too_many_notifications_comes_as_a_snapshot_and_synced():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    assert shape(talk.finds(6, more=True)) == [("snapshot", 6), ("synced", 6)]
    assert shape(talk.hears(6, 7)) == [("changes", 6, 7)]


# --- Another epoch --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tell",
    [
        lambda talk: talk.hears(2, 3, epoch_tag=NEW_EPOCH_TAG),
        lambda talk: talk.is_told(0, NEW_EPOCH_TAG),
    ],
    ids=["by a hint", "by the reconciler"],
)
def test_a_new_epoch_comes_as_a_snapshot_and_synced_on_the_open_connection(tell):
    talk = synced_at(5)
    assert tell(talk) == ["load"]
    said = talk.finds(3, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)
    assert shape(said) == [("snapshot", 3), ("synced", 3)]
    assert said[0]["epoch"] == NEW_EPOCH
    assert shape(talk.hears(3, 4, epoch_tag=NEW_EPOCH_TAG)) == [("changes", 3, 4)]


def test_a_new_epoch_starts_the_window_at_0():
    talk = full(5)
    talk.hears(2, 3, epoch_tag=NEW_EPOCH_TAG)
    assert shape(talk.finds(3, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)) == [
        ("snapshot", 3), ("synced", 3),
    ]  # fmt: skip
    talk.pong(5)  # still of the old one
    assert shape(talk.hears(3, 4, WINDOW, epoch_tag=NEW_EPOCH_TAG)) == [
        ("changes", 3, 4),
        ("ping", 4),
    ]
    talk.pong(99)
    assert talk.hears(4, 5, epoch_tag=NEW_EPOCH_TAG) == []
    assert talk.pong(4, NEW_EPOCH) == ["load"]


@pytest.mark.parametrize("revision", [3, 0])
def test_a_new_epoch_waits_for_room_in_the_buffer_with_position_0(revision):
    talk = synced_at(5)
    talk.is_told(revision, NEW_EPOCH_TAG)
    talk.held = WINDOW
    assert talk.finds(revision, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG) == []
    assert shape(talk.gets(Ping())) == [("pong", 0)]
    talk.held = 0
    assert talk.wakes(1) == [(0, ["load"])]
    # The client has nothing of it: not even revision 0, from which there would be changes.
    assert talk.loads[-1] is None or talk.loads[-1].epoch != NEW_EPOCH
    assert shape(talk.finds(revision, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)) == [
        ("snapshot", revision), ("synced", revision),
    ]  # fmt: skip


def test_a_new_epoch_that_waits_for_room_is_a_snapshot_also_where_the_client_knew_of_it():
    talk = synced_at(5)
    talk.resume(at(3, NEW_EPOCH))
    assert talk.finds(4, since=3, changes=[item(4)], epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG) == [
        "load"
    ]
    talk.held = WINDOW
    assert talk.finds(4, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG) == []
    talk.held = 0
    assert talk.wakes(1) == [(0, ["load"])]
    assert talk.loads[-1] is None


def test_a_resume_during_the_read_that_finds_a_new_epoch_is_answered_too():
    talk = synced_at(5)
    talk.hears(2, 3, epoch_tag=NEW_EPOCH_TAG)
    talk.resume(at(2, NEW_EPOCH))
    assert talk.finds(3, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG) == ["load"]
    assert talk.loads[-1] == at(2, NEW_EPOCH)
    assert shape(talk.finds(3, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)) == [
        ("snapshot", 3), ("synced", 3),
    ]  # fmt: skip


def test_a_resume_while_the_snapshot_of_a_new_epoch_waits_for_room_gets_one_synced():
    talk = synced_at(5)
    talk.hears(2, 3, epoch_tag=NEW_EPOCH_TAG)
    talk.held = WINDOW
    talk.finds(3, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)
    talk.held = 0
    assert talk.resume(None) == ["load"]
    assert shape(talk.finds(3, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)) == [
        ("snapshot", 3),
        ("synced", 3),
    ]


def test_a_hint_from_another_life_that_is_none_costs_one_read():
    talk = synced_at(5)
    assert talk.hears(2, 3, epoch_tag=NEW_EPOCH_TAG) == ["load"]
    assert talk.finds(5, since=5) == []
    assert talk.hears(3, 4, epoch_tag=NEW_EPOCH_TAG) == ["load"]
    assert talk.finds(5, since=5) == []
    assert talk.wakes(24) == []


def test_another_life_is_looked_for_again_when_the_read_failed():
    talk = synced_at(5)
    talk.hears(2, 3, epoch_tag=NEW_EPOCH_TAG)
    talk.fails()
    assert talk.wakes(2) == [(1, ["load"])]
    assert shape(talk.finds(3, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)) == [
        ("snapshot", 3),
        ("synced", 3),
    ]


def test_another_life_is_looked_for_again_though_the_window_is_full():
    talk = full(5)
    assert talk.is_told(0, NEW_EPOCH_TAG) == ["load"]
    talk.is_told(0, NEW_EPOCH_TAG)
    talk.fails()
    assert talk.wakes(2) == [(1, ["load"])]


def test_another_life_that_was_heard_of_during_a_read_is_looked_for_after_it():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    talk.is_told(0, NEW_EPOCH_TAG)
    assert shape(talk.finds(6, since=5, changes=[item(6)]))[-1] == "load"
    assert shape(talk.finds(3, epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)) == [
        ("snapshot", 3),
        ("synced", 3),
    ]


def test_another_life_that_was_heard_of_before_hello_is_looked_for_after_it():
    talk = Talk(at(5))
    talk.is_told(3, NEW_EPOCH_TAG)
    assert shape(talk.finds(5, since=5))[-1] == "load"


# --- The window -----------------------------------------------------------------------------------


def test_content_starts_below_64_kib_outstanding_is_sent_whole_and_then_pinged():
    talk = synced_at(5)
    first, second, ping = [*talk.hears(5, 6, WINDOW - 200), *talk.hears(6, 7, 100 * KIB)]
    assert first["size"] < WINDOW
    assert (second["size"] > 100 * KIB, ping["type"], ping["revision"]) == (True, "ping", 7)
    assert talk.hears(7, 8) == []


def test_reaching_64_kib_exactly_is_reaching_it():
    frame = len(hint(5, 6, 100).frame())
    talk = synced_at(5)
    assert words(talk.hears(5, 6, 100 + WINDOW - frame - 1)) == ["changes"]
    talk = synced_at(5)
    assert words(talk.hears(5, 6, 100 + WINDOW - frame)) == ["changes", "ping"]


def test_after_the_pong_the_client_is_caught_up_from_the_database():
    talk = full(5)
    for revision in (6, 7, 8):
        assert talk.hears(revision - 1, revision) == []
    assert talk.pong(5) == ["load"]
    assert talk.loads[-1] == at(5)
    assert shape(talk.finds(8, since=5, changes=[item(8)])) == [("changes", 5, 8)]


def test_a_pong_with_nothing_missed_costs_no_read():
    talk = full(5)
    assert talk.pong(5) == []
    assert shape(talk.hears(5, 6)) == [("changes", 5, 6)]


def test_what_may_always_go_goes_though_the_window_is_full():
    talk = full(5)
    assert words(talk.gets(Ping())) == ["pong"]
    assert words(talk.misunderstands()) == ["error"]
    assert words(talk.ends(CloseCode.SIGNED_OUT)) == ["bye", 4001]


def test_what_the_buffer_holds_counts_like_what_is_outstanding():
    talk = synced_at(5)
    talk.held = WINDOW
    assert talk.hears(5, 6) == []
    assert talk.tick(0.25) == []
    talk.held = WINDOW - 1
    assert talk.stream.deadline() <= talk.now
    assert talk.tick(0.5) == ["load"]
    assert shape(talk.finds(6, since=5, changes=[item(6)])) == [("changes", 5, 6)]


def test_what_is_sent_in_one_go_fills_the_buffer_too():
    # After a resume nothing is outstanding, but what went before may not have left the server.
    talk = synced_at(5)
    talk.held = 60 * KIB
    talk.resume(at(0))
    said = talk.finds(2, since=0, changes=[item(1, 60 * KIB), item(2, 60 * KIB)])
    assert shape(said)[0] == ("changes", 0, 1)
    assert ("changes", 1, 2) not in shape(said)


def test_a_synced_that_is_owed_stays_owed_until_there_was_room():
    talk = Talk(at(0))
    changes = [item(n, 30 * KIB) for n in range(1, 6)]
    first = talk.finds(5, since=0, changes=changes)
    assert words(first) == ["hello", "changes", "changes", "ping"]
    position = first[2]["revision"]
    assert talk.hears(5, 6) == []
    assert talk.pong(position) == ["load"]
    assert talk.loads[-1] == at(position)
    rest = [*changes[position:], item(6)]
    assert shape(talk.finds(6, since=position, changes=rest)) == [
        ("changes", position, 6), ("synced", 6),
    ]  # fmt: skip


def test_a_snapshot_that_is_owed_waits_for_room_and_is_asked_for_in_the_clients_words():
    talk = Talk(at(7, "long ago"))
    talk.held = WINDOW
    assert words(talk.finds(9)) == ["hello"]
    talk.held = 0
    assert talk.tick(0.25) == ["load"]
    assert talk.loads[-1] == at(7, "long ago")
    assert shape(talk.finds(9)) == [("snapshot", 9), ("synced", 9)]


def test_a_pong_beyond_what_was_sent_is_taken_as_that():
    talk = full(5)
    talk.pong(99)
    assert shape(talk.hears(5, 6, WINDOW)) == [("changes", 5, 6), ("ping", 6)]
    assert talk.hears(6, 7) == []  # 99 did not acknowledge 6
    assert talk.pong(6) == ["load"]


def test_a_lower_pong_than_before_is_ignored():
    talk = synced_at(5)
    for revision in (6, 7):
        talk.hears(revision - 1, revision, 30 * KIB)
    talk.pong(7)
    talk.pong(5)
    assert words(talk.hears(7, 8, 60 * KIB)) == ["changes"]  # nothing else is outstanding


def test_a_pong_of_another_epoch_acknowledges_nothing():
    talk = full(5)
    talk.pong(5, NEW_EPOCH)
    assert talk.hears(5, 6) == []


def test_a_pong_acknowledges_a_part():
    talk = synced_at(5)
    talk.hears(5, 6, 40 * KIB)
    talk.hears(6, 7, 40 * KIB)
    assert talk.hears(7, 8) == []
    assert talk.pong(6) == ["load"]


# --- Large frames ---------------------------------------------------------------------------------


def test_changes_are_split_only_between_revisions_and_only_the_last_part_counts():
    # Revision 2 changed two notifications at once.
    changes = [item(1, 60 * KIB), item(2, 20 * KIB, "a"), item(2, 20 * KIB, "b"), item(3)]
    talk = Talk(at(0))
    said = talk.finds(3, since=0, changes=changes)
    parts = [one for one in said if one["type"] == "changes"]
    assert len(parts) > 1
    position = 0
    for part in parts:
        assert part["since"] == position
        position = part["revision"]
        assert part["size"] <= LARGEST
    if position < 3:
        talk.pong(position)
        rest = [entry for entry in changes if entry.revision > position]
        said = talk.finds(3, since=position, changes=rest)
        parts += [one for one in said if one["type"] == "changes"]
    assert [part.get("partial", False) for part in parts] == [True] * (len(parts) - 1) + [False]
    assert ["counts" in part for part in parts] == [False] * (len(parts) - 1) + [True]
    assert [one["id"] for part in parts for one in part["notifications"]] == ["n1", "a", "b", "n3"]
    assert words(said)[-1] == "synced"


def test_nothing_live_comes_between_the_parts_of_something_split():
    # n5 changed at 6 and again at 9: who is at 7 by the first part does not have it yet.
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    said = talk.finds(9, since=5, changes=[item(7, WINDOW), item(9, 100, "n5")])
    assert shape(said) == [("changes", 5, 7), ("ping", 7)]
    assert said[0]["partial"] is True
    assert talk.pong(7) == ["load"]
    talk.fails()
    assert "changes" not in words(talk.hears(7, 8))  # it came late


def test_a_change_of_too_many_bytes_becomes_a_snapshot_and_synced():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    many = [item(6, 2 * KIB, f"n{n}") for n in range(100)]
    assert talk.finds(6, since=5, changes=many) == ["load"]
    assert talk.loads[-1] is None
    assert shape(talk.finds(6)) == [("snapshot", 6), ("synced", 6)]


def test_parts_before_a_change_of_too_many_bytes_go_as_they_are():
    talk = Talk(at(4))
    many = [item(6, 2 * KIB, f"n{n}") for n in range(100)]
    said = talk.finds(6, since=4, changes=[item(5, 63 * KIB), *many])
    assert shape(said) == [("hello", 6), ("changes", 4, 5), "load"]
    assert said[1]["partial"] is True
    assert shape(talk.finds(6)) == [("snapshot", 6), ("synced", 6)]
    talk.pong(6)
    assert shape(talk.hears(6, 7)) == [("changes", 6, 7)]


def test_a_change_of_exactly_128_kib_fits():
    around = len(frames.changes(5, 6, [item(6).encoded], [], b'{"unread":1,"unseen":1}')) - 100
    for size, fits in ((LARGEST - around, True), (LARGEST - around + 1, False)):
        talk = synced_at(5)
        talk.hears(5, 6, framed=False)
        said = talk.finds(6, since=5, changes=[item(6, size)])
        assert words(said) == (["changes", "ping"] if fits else ["load"])


def test_a_resume_ends_what_was_sent_in_parts():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    talk.finds(9, since=5, changes=[item(7, WINDOW), item(9)])
    talk.resume(at(9))
    assert shape(talk.finds(9, since=9)) == [("synced", 9)]
    assert shape(talk.hears(9, 10)) == [("changes", 9, 10)]


def test_two_changes_that_each_fit_are_no_snapshot():
    talk = Talk(at(4))
    wide = [item(6, 4 * KIB, f"n{n}") for n in range(25)]
    said = talk.finds(6, since=4, changes=[item(5, 50 * KIB), *wide])
    assert shape(said)[:2] == [("hello", 6), ("changes", 4, 5)]
    assert "load" not in said


def test_a_snapshot_of_too_many_bytes_sends_fewer_and_says_more():
    talk = Talk()
    said = talk.finds(50, listed=[item(n, 4 * KIB) for n in range(50, 0, -1)])
    snapshot, ping = said[1:3]
    assert LARGEST - 5 * KIB < snapshot["size"] <= LARGEST
    assert snapshot["more"] is True
    assert [one["id"] for one in snapshot["notifications"][:2]] == ["n50", "n49"]
    assert (ping["type"], ping["revision"]) == ("ping", 50)
    assert shape(said)[3:] == [("synced", 50)]


def test_a_snapshot_says_more_where_the_database_has_more():
    assert Talk().finds(60, listed=[item(60)], more=True)[1]["more"] is True


def test_splitting_nothing_gives_one_part_of_nothing():
    assert split((), 10) == [()]


def test_one_revision_is_one_part_however_large():
    entries = (item(1, 100, "a"), item(1, 100, "b"), gone(2))
    assert split(entries, 10) == [entries[:2], entries[2:]]


def test_revisions_may_pass_without_a_notification_to_show_for_it():
    # All that changed at 6 was deleted, by age.
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    (said,) = talk.finds(6, since=5)
    assert (said["since"], said["revision"], said["notifications"]) == (5, 6, [])


# --- Ping and pong --------------------------------------------------------------------------------


def test_a_ping_comes_every_interval():
    talk = synced_at(5, ping_interval_s=10)
    assert talk.stream.deadline() == 10
    assert talk.tick(9.9) == []
    assert shape(talk.tick(10)) == [("ping", 5)]
    talk.pong(5)
    assert talk.tick(19.9) == []
    assert shape(talk.tick(20)) == [("ping", 5)]


def test_a_ping_names_the_last_frame_sent_and_is_never_ahead():
    talk = synced_at(5)
    talk.hears(5, 6)
    talk.hears(7, 8)
    assert shape(talk.tick(25)) == [("ping", 6)]


def test_a_ping_does_not_wait_for_the_database():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    assert shape(talk.tick(25)) == [("ping", 5)]
    talk.fails()
    talk.pong(5)
    assert talk.tick(25.5) == []


def test_a_stream_behind_the_head_starts_its_read_with_the_ping():
    talk = full(5)
    talk.hears(5, 6)
    talk.held = WINDOW
    talk.pong(5)  # but for the buffer there would be room
    talk.held = 0
    assert shape(talk.tick(25)) == [("ping", 5), "load"]


def test_a_client_that_pings_is_answered():
    talk = synced_at(5)
    assert shape(talk.gets(Ping())) == [("pong", 5)]


def test_a_frame_of_an_unknown_type_is_ignored():
    assert synced_at(5).gets(None) == []


def test_a_pong_is_due_after_10_s():
    talk = synced_at(5)
    talk.tick(25)
    assert talk.stream.deadline() == 35
    assert talk.tick(34.9) == []
    said = talk.tick(35)
    assert words(said) == ["bye", 4204]
    assert said[0]["reconnect"] is True


def test_a_pong_in_time_keeps_the_connection():
    talk = synced_at(5)
    talk.tick(25)
    talk.now = 34.9
    talk.pong(5)
    assert talk.wakes(49) == []


@pytest.mark.parametrize("kib", [64, 100])
def test_a_pong_is_due_later_where_much_is_on_the_way_and_then_the_client_is_too_slow(kib):
    talk = synced_at(5, ping_interval_s=1000)
    size = sum(one.get("size", 0) for one in talk.hears(5, 6, kib * KIB) if one["type"] != "ping")
    due = 10 + size / (4 * KIB)
    assert talk.stream.deadline() == pytest.approx(due)
    assert talk.tick(due - 0.1) == []
    assert words(talk.tick(due + 0.1)) == ["bye", 4201]


def test_a_second_ping_does_not_put_off_the_first_ones_pong():
    talk = synced_at(5, ping_interval_s=4)
    assert talk.wakes(9) == [(4, ["ping"]), (8, ["ping"])]
    assert talk.wakes(15) == [(12, ["ping"]), (14, ["bye", 4204])]


def test_frames_beyond_the_burst_end_the_connection_and_pongs_unasked_count_too():
    talk = synced_at(5)
    for _ in range(40):
        assert talk.pong(5) == []
    said = talk.pong(5)
    assert (said[0]["code"], said[1]) == (4100, 4100)


def test_a_pong_that_answers_a_ping_counts_against_no_limit():
    talk = synced_at(5)
    for _ in range(40):
        talk.pong(5)
    talk.stream._heartbeat.pinged(talk.now, 0)
    assert talk.pong(5) == []
    assert talk.pong(5)[0]["code"] == 4100


# --- What cannot be understood --------------------------------------------------------------------


def test_an_error_is_told_and_the_fifth_within_a_minute_closes():
    talk = synced_at(5)
    for second in range(4):
        talk.now = second
        (said,) = talk.misunderstands()
        assert (said["type"], said["code"], said["temporary"]) == ("error", "bad_json", False)
    talk.now = 59
    said = talk.misunderstands()
    assert words(said) == ["bye", 4008]
    assert said[0]["reconnect"] is False


def test_errors_are_forgotten_after_a_minute():
    talk = synced_at(5)
    for second in (0, 1, 2, 3, 60, 61, 62):
        talk.now = second
        assert words(talk.misunderstands()) == ["error"]
    talk.now = 62.5
    assert words(talk.misunderstands()) == ["bye", 4008]


def test_a_frame_that_is_too_large_closes_at_once():
    assert words(synced_at(5).misunderstands("too_large")) == ["bye", 4008]


# --- Failures of the database ---------------------------------------------------------------------


def test_a_failed_read_is_tried_again_after_a_second():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    talk.now = 3
    assert talk.fails() == []
    assert talk.stream.deadline() == 4
    assert talk.tick(3.9) == []
    assert talk.tick(4) == ["load"]
    assert shape(talk.finds(6, since=5, changes=[item(6)])) == [("changes", 5, 6)]


def test_the_answer_of_a_resume_is_tried_again_from_its_cursor():
    talk = synced_at(5)
    talk.resume(None)
    talk.fails()
    assert talk.tick(1) == ["load"]
    assert talk.loads[-1] is None


def test_a_second_failure_waits_another_second():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    talk.fails()
    talk.tick(1)
    talk.now = 1.5
    talk.fails()
    assert talk.wakes(2.4) == []
    assert talk.wakes(3) == [(2.5, ["load"])]


def test_a_read_that_is_under_way_again_is_nothing_to_wake_up_for():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    talk.fails()
    talk.tick(1)
    assert talk.stream.deadline() > 1


def test_a_failed_read_without_room_to_try_again_is_nothing_to_wake_up_for():
    talk = full(5)
    talk.is_told(0, NEW_EPOCH_TAG)  # read at once, since it changes everything
    talk.fails()
    did = talk.tick(1)
    assert did == ["load"] or talk.stream.deadline() > 1


def test_before_hello_a_failed_read_is_overloaded():
    talk = Talk(at(5))
    said = talk.fails()
    assert words(said) == ["bye", 4101]
    assert said[0]["after_ms"] > 0


def test_there_is_no_ping_before_hello():
    talk = Talk(at(5), ping_interval_s=1)
    assert talk.tick(2) == []


def test_a_server_that_cannot_say_hello_within_3_s_says_bye():
    talk = Talk(at(5))
    assert talk.tick(2.9) == []
    assert talk.stream.deadline() == 3
    said = talk.tick(3)
    assert words(said) == ["bye", 4101]
    assert said[0]["after_ms"] > 0
    assert talk.finds(5, since=5) == []


# --- Ends -----------------------------------------------------------------------------------------


def test_at_its_age_a_stream_says_bye_goes_on_and_is_closed_later():
    talk = synced_at(5, age_s=100, ping_interval_s=1000)
    assert talk.stream.deadline() == 100
    (said,) = talk.tick(100)
    assert (said["type"], said["code"], said["reconnect"]) == ("bye", 4202, True)
    assert shape(talk.hears(5, 6)) == [("changes", 5, 6)]
    due = 100 + said["after_ms"] / 1000 + 5
    assert talk.stream.deadline() == due
    assert talk.tick(due - 0.1) == []
    assert talk.tick(due) == [4202]


def test_a_server_that_restarts_leaves_its_streams_after_ms_and_5_s():
    talk = synced_at(5)
    (said,) = talk.ends(CloseCode.RESTART, after_ms=8000)
    assert (said["code"], said["after_ms"]) == (4200, 8000)
    talk.now = 12.9
    assert talk.resume(at(3)) == ["load"]
    assert shape(talk.finds(5, since=3, changes=[item(5)])) == [("changes", 3, 5), ("synced", 5)]
    assert talk.tick(13) == [4200]


LINGER = [CloseCode.RESTART, CloseCode.RENEW]
AT_ONCE = [code for code in CloseCode if code not in LINGER]


@pytest.mark.parametrize("code", AT_ONCE)
def test_all_other_codes_close_at_once(code):
    talk = synced_at(5)
    said = talk.ends(code)
    assert words(said) == ["bye", int(code)]
    assert said[0]["reconnect"] is (code >= 4100)


EVERYTHING = {
    "a hint": lambda talk: talk.hears(5, 6),
    "a hint to read for": lambda talk: talk.hears(8, 9),
    "another life": lambda talk: talk.is_told(0, NEW_EPOCH_TAG),
    "a revision": lambda talk: talk.is_told(9),
    "a resume": lambda talk: talk.resume(at(3)),
    "a ping": lambda talk: talk.gets(Ping()),
    "a pong": lambda talk: talk.pong(5),
    "nonsense": Talk.misunderstands,
    "another end": lambda talk: talk.ends(CloseCode.RESTART),
    "a second": lambda talk: talk.tick(talk.now + 1),
    "a minute": lambda talk: [one for one in talk.tick(talk.now + 60) if one not in set(CloseCode)],
}


@pytest.mark.parametrize("fact", EVERYTHING.values(), ids=EVERYTHING)
def test_nothing_is_sent_after_a_close(fact):
    talk = synced_at(5)
    talk.ends(CloseCode.SIGNED_OUT)
    assert fact(talk) == []


@pytest.mark.parametrize("fact", EVERYTHING.values(), ids=EVERYTHING)
def test_nothing_is_sent_after_the_close_that_follows_a_bye(fact):
    talk = synced_at(5)
    talk.ends(CloseCode.RENEW)
    assert talk.tick(5) == [4202]
    assert fact(talk) == []


def test_a_read_that_is_answered_after_the_close_says_nothing():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    talk.ends(CloseCode.SIGNED_OUT)
    assert talk.finds(6, since=5, changes=[item(6)]) == []
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    talk.ends(CloseCode.RENEW)
    assert talk.tick(5) == [4202]
    assert talk.finds(6, since=5, changes=[item(6)]) == []


@pytest.mark.parametrize("code", [CloseCode.SIGNED_OUT, CloseCode.NOT_ALLOWED])
def test_a_stream_that_lingers_is_closed_at_once_for_a_better_reason(code):
    talk = synced_at(5)
    talk.ends(CloseCode.RESTART, after_ms=20_000)
    assert words(talk.ends(code))[-1] == code
    assert talk.hears(5, 6) == []


def test_limits_hold_while_a_stream_lingers():
    talk = synced_at(5)
    talk.ends(CloseCode.RENEW)
    assert 4008 in talk.misunderstands("too_large")
    talk = synced_at(5)
    talk.ends(CloseCode.RENEW)
    assert 4100 in [one for _ in range(6) for one in talk.resume(at(5))]


def test_a_stream_that_lingers_tries_a_failed_read_again():
    talk = synced_at(5)
    talk.ends(CloseCode.RESTART, after_ms=3000)
    talk.hears(5, 6, framed=False)
    talk.fails()
    assert talk.wakes(2) == [(1, ["load"])]
    assert shape(talk.finds(6, since=5, changes=[item(6)])) == [("changes", 5, 6)]


def test_a_stream_that_lingers_goes_on_when_the_buffer_has_room_again():
    talk = synced_at(5)
    talk.ends(CloseCode.RESTART, after_ms=3000)
    talk.held = WINDOW
    talk.hears(5, 6)
    talk.held = 0
    assert talk.wakes(1) == [(0, ["load"])]


def test_a_stream_that_lingers_long_still_pings():
    # The client takes a connection for dead that is silent for an interval and 10 s.
    talk = synced_at(5, ping_interval_s=10)
    talk.ends(CloseCode.RESTART, after_ms=30_000)
    assert (10, ["ping"]) in talk.wakes(12)


def test_a_bye_is_said_once():
    talk = synced_at(5)
    talk.ends(CloseCode.TOO_SLOW)
    assert talk.ends(CloseCode.TOO_SLOW) == []
    talk = synced_at(5, age_s=50, ping_interval_s=1000)
    talk.tick(50)
    assert talk.tick(51) == talk.ends(CloseCode.RESTART) == []


# --- A client that says nothing -------------------------------------------------------------------


def unanswered_at(revision, **limits):
    return synced_at(revision, is_answered=False, **limits)


def test_after_as_much_content_as_a_window_holds_it_ends():
    talk = unanswered_at(5)
    assert shape(talk.hears(5, 6, WINDOW - 100)) == [("changes", 5, 6)]
    said = talk.hears(6, 7)
    assert shape(said) == [("changes", 6, 7), ("bye",), 4202]
    assert (said[1]["after_ms"], said[1]["reconnect"]) == (0, True)
    assert talk.hears(7, 8) == []


def test_what_was_asked_for_is_synced_before_it_ends():
    talk = Talk(at(5), is_answered=False)
    said = talk.finds(6, since=5, changes=[item(6, WINDOW)])
    assert shape(said) == [("hello", 6), ("changes", 5, 6), ("synced", 6), ("bye",), 4202]


def test_a_snapshot_may_fill_the_window_too():
    talk = Talk(None, is_answered=False)
    said = talk.finds(9, listed=[item(9, 40 * KIB), item(8, 40 * KIB)])
    assert shape(said) == [("hello", 9), ("snapshot", 9), ("synced", 9), ("bye",), 4202]


def test_what_is_split_goes_on_in_the_next_response():
    changes = [item(revision, 40 * KIB) for revision in (6, 7, 8, 9)]
    talk = Talk(at(5), is_answered=False)
    said = talk.finds(9, since=5, changes=changes)
    assert shape(said) == [("hello", 9), ("changes", 5, 6), ("changes", 6, 7), ("bye",), 4202]
    talk = Talk(at(7), is_answered=False)
    said = talk.finds(9, since=7, changes=changes[2:])
    assert shape(said)[-3:] == [("synced", 9), ("bye",), 4202]


def test_a_new_epoch_does_not_make_room():
    talk = unanswered_at(5)
    talk.hears(5, 6, WINDOW - 100)
    assert talk.is_told(0, NEW_EPOCH_TAG) == ["load"]
    said = talk.finds(3, listed=[item(3)], epoch=NEW_EPOCH, epoch_tag=NEW_EPOCH_TAG)
    assert shape(said) == [("snapshot", 3), ("synced", 3), ("bye",), 4202]


def test_no_pong_is_due():
    talk = unanswered_at(5, ping_interval_s=20, age_s=1000)
    talk.hears(5, 6)
    assert talk.wakes(20) == [(20, ["ping", "load"])]
    talk.finds(6, since=6)
    assert talk.wakes(100) == [(at, ["ping"]) for at in (40, 60, 80, 100)]


# --- Hints that lie -------------------------------------------------------------------------------


def hinted_at(now, revision=6):
    """A stream at 5 that a hint has brought further."""
    talk = synced_at(5)
    talk.now = now
    assert shape(talk.hears(5, revision)) == [("changes", 5, revision)]
    return talk


def test_what_only_a_hint_said_is_taken_back_once_the_database_says_less():
    talk = hinted_at(1.0)
    assert talk.is_told(5, asked_at=2.0) == ["load"]
    assert talk.loads[-1] == at(6)
    assert shape(talk.finds(5, listed=[item(5)])) == [("snapshot", 5), ("synced", 5)]
    # What then comes at the revision that was made up is news.
    assert shape(talk.hears(5, 6)) == [("changes", 5, 6)]


def test_a_look_that_began_before_the_hint_came_says_nothing_of_it():
    talk = hinted_at(1.0)
    assert talk.is_told(5, asked_at=1.0) == []
    assert talk.is_told(5) == []
    assert talk.stream.position == 6


def test_what_a_hint_said_is_read_at_the_next_heartbeat_where_nobody_has():
    talk = hinted_at(1.0)
    assert words(talk.tick(25.0)) == ["ping", "load"]
    assert shape(talk.finds(5, listed=[item(5)])) == [("snapshot", 5), ("synced", 5)]
    talk = hinted_at(1.0)
    assert talk.is_told(6, asked_at=2.0) == []
    assert words(talk.tick(25.0)) == ["ping"]


def test_what_is_taken_back_waits_for_room():
    talk = hinted_at(1.0)
    talk.is_told(5, asked_at=2.0)
    talk.held = WINDOW
    assert talk.finds(5, listed=[item(5)]) == []
    talk.held = 0
    talk.tick(talk.now)
    assert talk.loads[-1] == at(6)
    assert shape(talk.finds(5, listed=[item(5)])) == [("snapshot", 5), ("synced", 5)]


def test_a_pong_of_what_was_made_up_makes_no_room_later():
    talk = hinted_at(1.0, revision=1000)
    talk.pong(1000)
    assert talk.stream.acknowledged == 1000
    talk.is_told(5, asked_at=2.0)
    talk.finds(5, listed=[item(5, WINDOW)])
    assert talk.stream.acknowledged == 0
    assert talk.hears(5, 6) == []


@pytest.mark.parametrize("code", LINGER)
def test_a_bye_is_the_last_that_it_is_sent(code):
    talk = unanswered_at(5)
    assert words(talk.ends(code, 2000)) == ["bye", int(code)]
    assert talk.hears(5, 6) == []


def test_who_does_not_take_what_it_was_sent_is_closed_once_more():
    talk = unanswered_at(5)
    talk.hears(5, 6, WINDOW)
    # It may come at 4 KiB a second.
    assert 16 < talk.stream.deadline() < 30
    due = talk.stream.deadline()
    assert talk.tick(due - 0.1) == []
    assert talk.tick(due) == [4202]


# --- Any order of facts ---------------------------------------------------------------------------

# More examples find more: STREAM_EXAMPLES=2000 for a night.
PROFILE = hypothesis_settings(
    max_examples=int(os.environ.get("STREAM_EXAMPLES", "60")),
    stateful_step_count=40,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
SIZES = st.sampled_from([10, 10, 100, 20 * KIB, 50 * KIB, 70 * KIB])


class AnyOrder(RuleBasedStateMachine):
    """One stream between a database and a client by the letter; the referee watches."""

    is_answered = True

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.names = 0
        self.inbox = Inbox("user", EPOCH, EPOCH_TAG)
        self.backups = []
        self.client = Client()
        self.hints = []
        self.asked = []
        self.link = []  # frames on their way to the client
        self.held = 0
        self.connection = None
        self._connect()

    def _connect(self):
        cursor = self.client.cursor()
        self.dropped = False
        self.link.clear()
        self.asked.clear()
        self.referee = Referee(cursor, lambda: self.held, lambda: self.inbox)
        self.stream = InboxStream(
            connection="connection", born_at=self.now, server_time=lambda: "now",
            limits=Limits(ping_interval_s=20, age_s=100, is_answered=self.is_answered),
            buffered=lambda: self.held,
        )  # fmt: skip
        self.connection = ClientConnection(self.client, self._hear, self.now)
        self._do(self.stream.open(cursor))

    def _do(self, actions, *, live=False):
        for action in actions:
            if isinstance(action, Send):
                frame = json.loads(action.frame)
                note(f"  <- {frame['type']} {frame.get('since', '')} {frame.get('revision', '')}")
                self.referee.sends(frame, len(action.frame), live=live)
                self.link.append(frame)
            elif isinstance(action, Load):
                self.referee.asks(action.cursor)
                note(f"  load from {action.cursor}")
                self.asked.append(action.cursor)
            else:
                self.referee.closes(action.code)

    def _hear(self, frame):
        """What the client says arrives at once."""
        said = frames.parse(json.dumps(frame))
        note(f"  -> {said}")
        if self.referee.closed:
            return
        if isinstance(said, Resume):
            self.referee.resumed(said.cursor)
        elif isinstance(said, Pong):
            self.referee.ponged(said.epoch, said.revision)
        self._do(self.stream.received(said, self.now))

    # --- The database ---

    @rule(size=SIZES, told=st.booleans())
    def arrives(self, size, told):
        self.names += 1
        self.inbox.arrive(f"n{self.names}", size)
        self._changed(told)

    @rule(
        op=st.sampled_from(["seen", "read", "unread", "archive", "restore", "remove"]),
        few=st.integers(1, 60), told=st.booleans(),
    )  # fmt: skip
    def acts(self, op, few, told):
        if self.inbox.act(op, self.inbox.present()[-few:]):
            self._changed(told)

    @rule(count=st.integers(2, 400))
    def many_arrive(self, count):
        for _ in range(count):
            self.names += 1
            self.inbox.arrive(f"n{self.names}", 10)
        self._changed(True)

    def _changed(self, told):
        if told:
            self.hints.append(self.inbox.hint(True))

    @rule()
    def old_ones_are_forgotten(self):
        self.inbox.forget(self.inbox.revision // 2)

    @rule()
    def is_backed_up(self):
        self.backups.append(self.inbox.copy())

    @precondition(lambda self: self.backups)
    @rule(index=st.integers(0, 9))
    def is_restored(self, index):
        lives = int(self.inbox.epoch_tag.split()[1]) + 1
        self.inbox = self.backups[index % len(self.backups)].copy()
        self.inbox.epoch, self.inbox.epoch_tag = f"epoch {lives}", f"life {lives}"

    # --- What reaches the stream ---

    @precondition(lambda self: self.hints)
    @rule(index=st.integers(0, 9), fate=st.sampled_from(["told", "told", "doubled", "lost"]))
    def hint_arrives(self, index, fate):
        told = self.hints[min(index, len(self.hints) - 1)]
        if fate != "doubled":
            self.hints.remove(told)
        if fate != "lost":
            loads = self.referee.loads
            self._do(self.stream.hinted(told, self.now), live=True)
            assert self.referee.loads <= loads + 1

    @rule(ahead=st.integers(0, 50), epoch_tag=st.sampled_from([None, None, "life 1", "nonsense"]))
    def forged_hint_arrives(self, ahead, epoch_tag):
        revision = self.inbox.revision + ahead
        forged = Hint(epoch_tag or self.inbox.epoch_tag, max(0, revision - 1), revision)
        self._do(self.stream.hinted(forged, self.now), live=True)

    @rule()
    def reconciler_looks(self):
        self._do(self.stream.behind(self.inbox.epoch_tag, self.inbox.revision))

    @precondition(lambda self: self.asked)
    @rule()
    def read_is_answered(self):
        self._answer(self.inbox.load(self.asked[0]))

    @precondition(lambda self: self.asked)
    @rule(size=SIZES)
    def read_is_answered_after_another_commit(self, size):
        found = self.inbox.load(self.asked[0])
        self.arrives(size, True)
        self.hint_arrives(len(self.hints) - 1, "told")
        self._answer(found)

    def _answer(self, found):
        self.asked.pop(0)
        self.referee.answered(found)
        self._do(self.stream.loaded(found, self.now))

    @precondition(lambda self: self.asked)
    @rule()
    def read_fails(self):
        self.asked.pop(0)
        self.referee.answered()
        self._do(self.stream.failed(self.now))

    @rule(seconds=st.sampled_from([0.25, 1, 1, 5, 11, 30]))
    def time_passes(self, seconds):
        self.now += seconds
        self._do(self.stream.tick(self.now))
        if not self.referee.closed:
            self.connection.tick(self.now)

    @rule(held=st.sampled_from([0, 0, 0, 63 * KIB, 64 * KIB]))
    def buffer_holds(self, held):
        self.held = held

    # --- What reaches the client ---

    @rule(count=st.integers(1, 9))
    def frames_are_delivered(self, count):
        self._deliver(count)

    def _deliver(self, count):
        while self.link and count and not self.referee.closed:
            frame = self.link.pop(0)
            if frame["type"] == "changes" and not self.dropped and not self.connection.asking:
                assert frame["since"] <= self.client.revision, "a gap"
            self.connection.take(frame, self.now)
            count -= 1

    @precondition(lambda self: self.link and self.link[0]["type"] == "changes")
    @rule()
    def client_drops_a_frame(self):
        self.link.pop(0)
        self.dropped = True

    @rule()
    def client_forgets(self):
        self.client.forget()
        self.dropped = True

    @precondition(lambda self: not self.connection.asking)
    @rule()
    def client_resumes(self):
        self.connection.resume(self.now)

    @rule(resume=st.booleans(), since=st.integers(0, 600))
    def client_says_nonsense(self, resume, since):
        self.dropped = True
        kind = {"type": "resume", "since": since} if resume else {"type": "pong", "revision": since}
        self._hear(kind | {"epoch": self.referee.epoch or EPOCH})

    @precondition(lambda self: self.referee.closed)
    @rule()
    def client_comes_back(self):
        self._connect()

    # --- What always holds ---

    @invariant()
    def the_client_is_where_the_stream_thinks(self):
        waits = self.link or self.dropped or self.asked or self.referee.owed
        # The snapshot of a new epoch may wait for room.
        if waits or self.referee.closed or self.client.epoch != self.stream.epoch:
            return
        assert self.client.revision == self.stream.position
        if self.client.cursor() == Cursor(self.inbox.epoch, self.inbox.revision):
            assert self.client.difference(self.inbox) == ""

    @invariant()
    def no_more_is_on_the_way_than_the_window_and_one_frame(self):
        assert self.referee.outstanding < WINDOW + LARGEST

    @invariant()
    def the_deadline_is_not_later_than_what_a_tick_does(self):
        before = self.stream.deadline() - 0.01
        if before > self.now:
            did = copy.deepcopy(self.stream).tick(before)
            assert not did, f"it would do {did} before its deadline"

    def teardown(self):
        """Without further faults the client gets what there is, by what it is told anyway."""
        self.held = 0
        self.hints.clear()
        for turn in range(60):
            # Who lost what was sent before its `synced` cannot acknowledge it, nor ask again.
            if self.referee.closed or (self.dropped and turn == 30):
                self.client_comes_back()
            self.reconciler_looks()
            self._deliver(1000)
            for _ in range(20):
                if self.asked:
                    self.read_is_answered()
                    self._deliver(1000)
            assert not self.asked, "it reads again and again"
            self.time_passes(0.5)
        difference = self.client.difference(self.inbox)
        assert not difference, difference


def test_in_any_order_of_facts_the_client_gets_what_there_is():
    run_state_machine_as_test(AnyOrder, settings=PROFILE)


class AnyOrderUnanswered(AnyOrder):
    """The same over SSE: the client takes whatever comes, and comes back where it would resume."""

    is_answered = False

    def _hear(self, frame):
        if frame["type"] == "resume":
            self._connect()

    def _deliver(self, count):
        # What was sent before the end arrives.
        while self.link and count:
            self.connection.take(self.link.pop(0), self.now)
            count -= 1

    @precondition(lambda self: self.referee.closed)
    @rule()
    def client_comes_back(self):
        self._deliver(1000)
        self._connect()

    @invariant()
    def nothing_is_waited_for_and_nothing_follows_a_full_window(self):
        assert self.referee.said_bye not in {CloseCode.NO_PONG, CloseCode.TOO_SLOW}
        assert self.referee.closed or self.referee.outstanding < WINDOW
        assert self.referee.closed or self.referee.said_bye is None


def test_in_any_order_of_facts_a_client_that_says_nothing_gets_it_too():
    run_state_machine_as_test(AnyOrderUnanswered, settings=PROFILE)
