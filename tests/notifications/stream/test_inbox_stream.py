"""How a stream begins, and begins anew in another epoch (PROTOCOL, sections 2 and 3)."""

import copy

import pytest

from notifications.wire.contract import CloseCode
from notifications.wire.frames import Ping
from tests.notifications.stream.talk import (
    EPOCH,
    EPOCH_TAG,
    NEW_EPOCH,
    NEW_EPOCH_TAG,
    WINDOW,
    Talk,
    at,
    full,
    gone,
    hint,
    item,
    shape,
    synced_at,
    words,
)
from tests.support.short_way import is_short


def test_the_usual_hint_takes_the_short_way_and_all_others_the_long_one():
    def goes(talk, *arguments, **fields):
        return is_short(talk.stream, hint(*arguments, **fields), talk.now)

    talk = synced_at(5)
    assert goes(talk, 5, 6)
    assert not goes(talk, 4, 5)
    assert not goes(talk, 4, 6)
    assert not goes(talk, 6, 7)
    assert not goes(talk, 5, 6, framed=False)
    assert not goes(talk, 5, 6, epoch_tag=NEW_EPOCH_TAG)
    assert not goes(talk, 5, 6, WINDOW)
    talk.held = WINDOW
    assert not goes(talk, 5, 6)
    talk.held = 0
    assert talk.tick(0.0) == []
    assert goes(talk, 5, 6)
    talk.is_told(6)
    assert not goes(talk, 5, 6)
    assert not goes(full(5), 5, 6)
    assert not goes(Talk(at(5)), 5, 6)
    ended = synced_at(5)
    ended.ends(CloseCode.SIGNED_OUT)
    assert not goes(ended, 5, 6)


def test_who_was_told_of_a_revision_has_nothing_to_do_when_it_is_read():
    def goes(talk, revision, epoch_tag=EPOCH_TAG, asked_at=1.0):
        return copy.deepcopy(talk.stream).outgoing.is_at(epoch_tag, revision, asked_at)

    talk = synced_at(5)
    assert goes(talk, 5)
    assert not goes(talk, 6)
    assert not goes(talk, 4)
    assert not goes(talk, 5, NEW_EPOCH_TAG)
    talk.now = 2.0
    talk.hears(5, 6)
    assert goes(talk, 6)
    # Read later than it was told: what was believed is confirmed, and is not read again.
    assert goes(talk, 6, asked_at=3.0)
    talk.is_told(6, asked_at=3.0)
    assert words(talk.tick(100.0)) == ["ping"]
    talk.hears(8, 9, framed=False)
    assert not goes(talk, 6, asked_at=4.0)
    ended = synced_at(5)
    ended.ends(CloseCode.SIGNED_OUT)
    assert not goes(ended, 5)


def test_what_the_database_brought_need_not_be_confirmed():
    talk = synced_at(5)
    talk.now = 2.0
    assert shape(talk.hears(5, 6, asked_at=1.9)) == [("changes", 5, 6)]
    assert words(talk.tick(100.0)) == ["ping"]


def test_what_it_brought_confirms_what_was_told_before_and_no_more():
    believed = synced_at(5)
    believed.now = 2.0
    believed.hears(5, 6)
    behind_it = copy.deepcopy(believed)
    believed.hears(6, 7, asked_at=3.0)
    assert words(believed.tick(100.0)) == ["ping"]
    # Asked for before that was told.
    behind_it.hears(6, 7, asked_at=1.0)
    assert words(behind_it.tick(100.0)) == ["ping", "load"]


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
