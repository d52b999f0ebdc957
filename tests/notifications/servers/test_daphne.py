"""Frames that pass Twisted by, and those that must not."""

import socket

import pytest
from autobahn.websocket.protocol import TrafficStats
from twisted.internet.tcp import Connection

from notifications.servers.daphne import DaphneTransport, SocketProtocol

OPEN, CLOSING = SocketProtocol.STATE_OPEN, SocketProtocol.STATE_CLOSING


class Wire(Connection):
    """Twisted's transport of one end of a pair of sockets, whose reactor sends when a test says."""

    def __init__(self, end):
        self.socket, self.dataBuffer, self.offset, self._tempDataLen = end, b"", 0, 0
        self.disconnecting = False

    def __str__(self):
        return "a wire"

    def write(self, data):
        self.dataBuffer += data

    def react(self):
        sent = self.socket.send(self.dataBuffer)
        self.dataBuffer = self.dataBuffer[sent:]


class Opened(SocketProtocol):
    """A protocol of Daphne's that has had its handshake."""

    def __init__(self, transport):
        super().__init__()
        self.transport, self.state, self.send_queue = transport, OPEN, []
        self.peer, self.logOctets, self.trafficStats = "peer", False, TrafficStats()
        self.direct = DaphneTransport(self)


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for end in (ours, theirs):
            end.setblocking(False)
        yield ours, theirs


@pytest.fixture
def opened(ends):
    return Opened(Wire(ends[0]))


def framed(text):
    return bytes((0x81, len(text))) + text


def test_a_frame_is_with_the_kernel_at_once(opened, ends):
    opened.direct.send(b"one")
    opened.direct.send_together([b"two", b"three"])
    assert ends[1].recv(99) == framed(b"one") + framed(b"two") + framed(b"three")
    assert opened.direct.buffered() == 0


def test_nothing_overtakes_what_the_library_has_written(opened, ends):
    opened.direct.send(b"one")
    opened.sendData(b"pong")
    opened.direct.send(b"two")
    assert ends[1].recv(99) == framed(b"one")
    assert opened.direct.buffered() == len(b"pong" + framed(b"two"))
    opened.transport.react()
    opened.direct.send(b"three")
    assert ends[1].recv(99) == b"pong" + framed(b"two") + framed(b"three")


def test_what_the_kernel_does_not_take_goes_first_when_it_does(opened, ends):
    large, sent = b"x" * 60_000, 0
    while not opened.direct.buffered():
        opened.direct.send(large)
        sent += 1
    opened.direct.send(b"last")
    come = b""
    while opened.direct.buffered():
        come += ends[1].recv(2**20)
        opened.transport.react()
    come += ends[1].recv(2**20)
    head = b"\x81\x7e" + len(large).to_bytes(2)
    assert come == (head + large) * sent + framed(b"last")


def test_after_a_close_nothing_follows(opened, ends):
    opened.direct.send(b"one")
    opened.sendData(b"close")
    opened.state = CLOSING
    opened.direct.send(b"two")
    opened.transport.react()
    opened.direct.send(b"three")
    assert ends[1].recv(99) == framed(b"one") + b"close"


def test_who_has_gone_costs_nothing(opened, ends):
    opened.direct.send(b"one")
    ends[0].close()
    opened.direct.send(b"two")
    assert ends[1].recv(99) == framed(b"one")


def test_what_twisted_encrypts_goes_by_twisted(ends):
    wire = Wire(ends[0])
    encrypting = type("Encrypting", (), {"__getattr__": lambda _, name: getattr(wire, name)})()
    Opened(encrypting).direct.send(b"one")
    assert wire.dataBuffer == framed(b"one")
