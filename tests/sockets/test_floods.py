"""Frames that cost a server time and never become a message; the others go on meanwhile."""

import pytest

from tests.support.bare import CLOSE, CONTINUES, PING, PONG, RSV1, TEXT, Bare, frame, opcodes_in
from tests.support.servers import SESSION_COOKIE

PATH = "/ws/notifications/"
# Beyond what a server may take of a connection that it cuts off.
MAX = 10_000
# More than the kernel's buffers hold, so that it must have been cut off.
FLOOD = 1_000_000
MIB = 1024 * 1024
# What takes a moment, on a machine that is busy.
SOON_S = 15
FLOODS = {
    "pings": frame(PING),
    "pongs": frame(PONG),
    "messages": frame(TEXT, b"{"),
    "continuations": frame(CONTINUES, ends=False),
}


@pytest.fixture
def bare(site, sign_in, alice):
    """A socket of alice's, whose frames the test makes."""
    with Bare(site.port) as bare:
        cookie = ("Cookie", f"{SESSION_COOKIE}={sign_in(alice)}")
        assert " 101 " in bare.open_websocket(PATH, [("Origin", site.origin), cookie])
        yield bare


@pytest.fixture
def witness(site, connect, bob):
    """Somebody else's connection; the test leaves it as it was."""
    witness = connect(bob, site).until_synced()
    yield witness
    witness.until_answered()
    assert not witness.of_type("bye")


def test_a_message_in_too_many_pieces_is_cut_off(bare, witness):
    bare.send(frame(TEXT, b'{"type":', ends=False))
    bare.send(frame(CONTINUES, ends=False) * (MAX - 1))
    bare.rest(SOON_S)


def test_a_message_in_many_pieces_is_one(connect, site, alice):
    client = connect(alice, site).until_synced()
    client.send_fragments(*[""] * 200, '{"type": "ping"}')
    client.until(lambda: client.of_type("pong"), "a pong")


@pytest.mark.parametrize("unit", FLOODS.values(), ids=FLOODS.keys())
def test_who_floods_is_not_listened_to(bare, witness, site, unit):
    before, sent, block = site.rss_bytes(), 0, unit * 1000
    bare.send(frame(TEXT, ends=False) if unit[0] == CONTINUES else b"")
    while sent < FLOOD and bare.send(block):
        sent += 1000
    assert sent < FLOOD
    witness.until_answered()
    assert site.rss_bytes() - before < 4 * MIB


def test_a_frame_that_says_it_is_compressed_ends_the_connection(bare, witness):
    bare.send(frame(TEXT, b"\xab\x56", reserved=RSV1))
    assert b"pong" not in bare.rest(SOON_S)


def test_a_frame_that_announces_more_than_there_is_ends_the_connection(bare, witness, site):
    before = site.rss_bytes()
    bare.send(bytes((0x80 | TEXT, 0xFF)) + (2**62).to_bytes(8, "big") + b"\0\0\0\0")
    bare.rest(SOON_S)
    assert site.rss_bytes() - before < 4 * MIB


@pytest.mark.parametrize("unit", [frame(TEXT, b"{"), frame(PING)], ids=["messages", "pings"])
def test_who_is_ended_while_its_own_close_waits_gets_nothing_after_a_close(bare, witness, unit):
    """All of it is one read: a server may know of the close before it heeds what came first."""
    bare.send(frame(PING) + unit * 100 + frame(CLOSE, b"\x03\xe8"))
    # Daphne may leave at once, without a close of its own.
    assert CLOSE not in opcodes_in(bare.rest(SOON_S))[:-1]
