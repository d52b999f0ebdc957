"""How a stream ends, by which code, and what is still said."""

import pytest

from notifications.wire.contract import CloseCode
from notifications.wire.frames import Ping
from tests.notifications.stream.talk import (
    NEW_EPOCH_TAG,
    WINDOW,
    Talk,
    at,
    item,
    shape,
    synced_at,
    unanswered_at,
    words,
)


def test_a_server_that_cannot_say_hello_within_3_s_says_bye():
    talk = Talk(at(5))
    assert talk.tick(2.9) == []
    assert talk.stream.deadline() == 3
    said = talk.tick(3)
    assert words(said) == ["bye", 4101]
    assert said[0]["after_ms"] > 0
    assert talk.finds(5, since=5) == []


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
