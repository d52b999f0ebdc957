"""What NOTIFY says, and what is made of what anybody may have said."""

import os

import pytest

from notifications.push import wakes


def test_what_is_said_is_heard():
    assert wakes.inboxes(wakes.payload({3, 1, 2})) == {1, 2, 3}
    assert wakes.inboxes(wakes.payload(None)) is None


def test_many_are_anybody():
    few, many = set(range(200)), set(range(200, 401))
    assert wakes.together(few, {1}) == few
    assert wakes.together((), many) is None
    assert wakes.together(few, many) is None
    assert wakes.together(None, few) is None
    assert wakes.together(few, None) is None


def test_what_is_said_fits_into_a_notify():
    largest = range(2**63 - 200, 2**63)
    assert len(wakes.payload(wakes.together((), largest))) < 8000


@pytest.mark.parametrize("payload", ["", "x", ":", "x:", "x:one", "x:1,2", "x:1 \ufffd", ":::1"])
def test_nonsense_may_be_about_anybody(payload):
    assert wakes.inboxes(payload) is None
    assert not wakes.is_ours(payload)


def test_a_process_knows_its_own():
    ours = wakes.payload({1})
    assert wakes.is_ours(ours)
    child = os.fork()
    if child == 0:  # who has all in common with us but the number
        os._exit(wakes.is_ours(ours))
    assert os.waitpid(child, 0)[1] == 0


def test_channels_are_apart_and_fit_into_an_identifier():
    names = {wakes.channel("a" * 16), wakes.channel("b" * 16), wakes.private_channel()}
    assert len(names | {wakes.private_channel()}) == 4
    assert all(len(name) < 64 and name.replace("_", "").isalnum() for name in names)
