"""What NOTIFY says, and what is made of what anybody may have said."""

import json
import os
import random

import pytest

from notifications.push import wakes
from notifications.push.wakes import Told


def told_of(inboxes):
    told = Told()
    told.name(inboxes)
    (payload,) = told.payloads()
    return payload


def random_text(length):
    """Text that cannot be packed."""
    return random.Random(1).randbytes(length).hex()[:length]


def event(length=0):
    return {"type": "t", "body": "x" * length, "seal": "s"}


def test_what_is_said_is_heard():
    assert wakes.inboxes(told_of({3, 1, 2})) == {1, 2, 3}
    assert wakes.inboxes(told_of(None)) is None
    assert wakes.hints(told_of({1})) == []


def test_hints_come_as_they_went_and_in_their_order():
    told = Told()
    sent = [{**event(), "body": json.dumps({"n": n, "text": "a\nb ü"})} for n in range(200)]
    for n, one in enumerate(sent):
        told.carry(n, one)
    payloads = told.payloads()
    assert 1 < len(payloads) < 10
    assert [one for payload in payloads for one in wakes.hints(payload)] == sent
    assert set().union(*map(wakes.inboxes, payloads)) == set(range(200))
    assert all(len(payload.encode()) < 8000 for payload in payloads)


def test_a_hint_that_does_not_fit_names_its_inbox():
    told = Told()
    told.carry(1, event(100))
    told.carry(2, {**event(), "body": random_text(12_000)})
    first, second = told.payloads()
    assert wakes.hints(first) == [event(100)]
    assert wakes.inboxes(second) == {2}
    told.carry(None, {**event(), "body": random_text(12_000)})
    assert wakes.inboxes(told.payloads()[-1]) is None


def test_the_hint_of_a_whole_chunk_fits_into_one():
    rows = [[90_000 + n, 17 + n * 7 % 100, n % 50, n % 30] for n in range(1000)]
    body = {"epoch_tag": "e" * 16, "at": 1.5, "arrived": "x" * 400 + "ü", "rows": rows}
    one = {
        "type": "inboxes.changed",
        "body": json.dumps(body, separators=(",", ":")),
        "seal": "s" * 64,
    }
    assert len(json.dumps(one)) > 2 * 8000
    told = Told()
    told.carry(None, one)
    (payload,) = told.payloads()
    assert len(payload.encode()) < 8000
    assert wakes.hints(payload) == [one]
    assert wakes.inboxes(payload) is None


def test_of_very_many_hints_the_rest_name_their_inboxes():
    told = Told()
    for n in range(100):
        told.carry(n, event(1000))
    *carried, named = told.payloads()
    count = sum(len(wakes.hints(payload)) for payload in carried)
    assert 20 < count < 100
    assert wakes.inboxes(named) == set(range(count, 100))


BOMB = wakes._packed('"' + "x" * wakes._UNPACKED_MAX_BYTES + '"')


@pytest.mark.parametrize(
    "line",
    ["", "nonsense", "[" * 5000, "null", '"x"', "zlib:", "zlib:!", "zlib:AAAA", BOMB, BOMB[:40],
     wakes._packed("[" * 5000), wakes._packed("nonsense")],
)  # fmt: skip
def test_what_is_no_hint_is_told_from_one(line):
    """Whoever opens it finds no seal."""
    (heard,) = wakes.hints("x:\n" + line)
    assert not isinstance(heard, dict)


def test_many_are_anybody():
    few, many = set(range(200)), set(range(200, 401))
    assert wakes.together(few, {1}) == few
    assert wakes.together((), many) is None
    assert wakes.together(few, many) is None
    assert wakes.together(None, few) is None
    assert wakes.together(few, None) is None


def test_what_is_said_fits_into_a_notify():
    largest = range(2**63 - 200, 2**63)
    assert len(told_of(wakes.together((), largest))) < 8000


@pytest.mark.parametrize("payload", ["", "x", ":", "x:", "x:one", "x:1,2", "x:1 \ufffd", ":::1"])
def test_nonsense_may_be_about_anybody(payload):
    assert wakes.inboxes(payload) is None
    assert not wakes.is_ours(payload)


def test_a_process_knows_its_own():
    ours = told_of({1})
    assert wakes.is_ours(ours)
    child = os.fork()
    if child == 0:  # who has all in common with us but the number
        os._exit(wakes.is_ours(ours))
    assert os.waitpid(child, 0)[1] == 0


def test_channels_are_apart_and_fit_into_an_identifier():
    names = {wakes.channel("a" * 16), wakes.channel("b" * 16), wakes.private_channel()}
    assert len(names | {wakes.private_channel()}) == 4
    assert all(len(name) < 64 and name.replace("_", "").isalnum() for name in names)
