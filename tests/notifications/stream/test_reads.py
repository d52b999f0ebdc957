"""When a stream reads: what hints say, what they lied about, what failed."""

import pytest

from tests.notifications.stream.talk import (
    NEW_EPOCH_TAG,
    WINDOW,
    Talk,
    at,
    full,
    item,
    shape,
    synced_at,
    words,
)


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


def test_who_says_that_something_may_be_new_makes_the_stream_read_whatever_it_knows():
    talk = synced_at(5)
    assert talk.is_woken() == ["load"]
    assert talk.is_woken() == []
    # What was committed after the first read had begun is read by another.
    assert talk.finds(5, since=5) == ["load"]
    assert shape(talk.finds(6, since=5, changes=[item(6)])) == [("changes", 5, 6)]


def test_what_may_be_new_while_there_is_no_room_is_read_after_the_pong():
    talk = full(5)
    assert talk.is_woken() == []
    assert talk.pong(5) == ["load"]
    assert talk.finds(5, since=5) == []


def test_a_change_of_too_many_notifications_comes_as_a_snapshot_and_synced():
    talk = synced_at(5)
    talk.hears(5, 6, framed=False)
    assert shape(talk.finds(6, more=True)) == [("snapshot", 6), ("synced", 6)]
    assert shape(talk.hears(6, 7)) == [("changes", 6, 7)]


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
