"""What a client asks for is answered once, from its last cursor."""

import pytest

from notifications.wire.frames import Ping
from tests.notifications.stream.talk import (
    NEW_EPOCH,
    NEW_EPOCH_TAG,
    WINDOW,
    Talk,
    at,
    full,
    item,
    shape,
    synced_at,
)


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
