"""Pings, and the pongs that they wait for."""

import pytest

from notifications.wire.frames import Ping
from tests.notifications.stream.talk import KIB, WINDOW, full, shape, synced_at, words


def test_a_ping_comes_every_interval():
    talk = synced_at(5, ping_interval_s=10)
    assert talk.stream.deadline() == 10
    assert talk.tick(9.9) == []
    assert shape(talk.tick(10)) == [("ping", 5)]
    talk.pong(5)
    assert talk.tick(19.9) == []
    assert shape(talk.tick(20)) == [("ping", 5)]


def test_the_first_ping_may_come_sooner():
    talk = synced_at(5, ping_interval_s=10, first_ping_share=0.38)
    # A whole second.
    assert talk.stream.deadline() == 3
    assert talk.tick(2.9) == []
    assert shape(talk.tick(3)) == [("ping", 5)]
    talk.pong(5)
    assert talk.tick(12.9) == []
    assert shape(talk.tick(13)) == [("ping", 5)]


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
