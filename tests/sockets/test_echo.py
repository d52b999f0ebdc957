"""The echo shows that WebSockets work here, to anybody, and serves nothing else."""

import http.client
import json

import pytest

from tests.support.connection import Refused
from tests.support.web_socket import Socket

MAX_BYTES = 64 * 1024


@pytest.fixture
def echo(clients):
    opened = []

    def act(site, **options):
        socket = Socket(clients, site.url("/ws/echo/"), **{"origin": site.origin, **options}).open()
        opened.append(socket)
        return socket

    yield act
    for socket in opened:
        socket.close()


def came_back(socket, *messages):
    """Send these messages; what came back for them."""
    before = len(socket.messages)
    socket.send(*messages)
    socket.until(lambda: len(socket.messages) >= before + len(messages), "the echo")
    return socket.messages[before:]


def farewell(socket):
    """The `bye` before the close, and the code of both."""
    code = socket.until_closed()
    bye = json.loads(socket.messages[-1])
    assert (bye["type"], bye["code"]) == ("bye", code)
    return bye


@pytest.mark.parametrize(
    "message",
    ["Hello", "", "ü𝄞\0\n", "x" * 125, "x" * 126, "x" * MAX_BYTES, "ü" * (MAX_BYTES // 2),
     b"\x00\xff", b"", b"x" * 65_535, b"\xff" * MAX_BYTES],
    ids=lambda message: f"{type(message).__name__} of {len(message)}",
)  # fmt: skip
def test_a_message_comes_back_unchanged(site, echo, message):
    assert came_back(echo(site), message) == [message]


def test_messages_come_back_in_their_order(site, echo):
    messages = ["one", b"two", "", b"", "three", '{"type": "ping"}']
    assert came_back(echo(site), *messages) == messages


def test_a_message_in_fragments_comes_back_whole(site, echo):
    socket = echo(site)
    socket.send_fragments("a", "", "b", "ü")
    socket.until(lambda: socket.messages == ["abü"], "the echo")


def test_anybody_may_use_it_but_no_other_site(site, echo):
    assert came_back(echo(site, origin=None), "Hello") == ["Hello"]
    for origin in ("http://evil.example", "null", f"https://127.0.0.1:{site.port}"):
        with pytest.raises(Refused) as caught:
            echo(site, origin=origin)
        assert caught.value.status == 403


@pytest.mark.parametrize("message", ["x" * 1001, "ü" * 501, b"x" * 1001, "x" * 60_000])
def test_a_message_that_is_too_large_ends_it(servers, kind, echo, message):
    site = servers.get(kind, NOTIFICATIONS_ECHO_MAX_BYTES=1000)
    socket = echo(site)
    assert came_back(socket, "x" * 1000) == ["x" * 1000]
    socket.send(message)
    assert farewell(socket)["code"] == 4008


def test_what_the_server_itself_takes_for_too_large_ends_it(site, echo):
    socket = echo(site)
    socket.send("x" * (MAX_BYTES + 1))
    assert socket.until_closed() in {4008, 1009, 1006}


def test_too_many_messages_end_it(servers, kind, echo):
    site = servers.get(kind, NOTIFICATIONS_ECHO_RATE_PER_S=1)
    socket = echo(site)
    socket.send(*["x"] * 100)
    bye = farewell(socket)
    assert (bye["code"], bye["reconnect"]) == (4100, True)
    assert len(socket.messages) < 50
    assert came_back(echo(site), "x") == ["x"]


def test_it_does_not_live_for_ever(servers, kind, echo):
    site = servers.get(kind, NOTIFICATIONS_ECHO_LIFE_S=0.5)
    socket = echo(site)
    bye = farewell(socket)
    assert (bye["code"], bye["reconnect"]) == (4202, True)


def test_it_can_be_turned_off(servers, kind, echo):
    site = servers.get(kind, NOTIFICATIONS_ECHO=0)
    socket = echo(site)
    socket.send("x", b"x")
    bye = farewell(socket)
    assert (bye["code"], bye["reconnect"]) == (4003, False)
    assert len(socket.messages) == 1


def test_compression_is_not_offered(site):
    # A small frame could be a large message, and each connection would hold a dictionary.
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Origin": site.origin,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
    }
    connection.request("GET", "/ws/echo/", headers=headers)
    answer = connection.getresponse()
    assert answer.status == 101
    assert answer.headers["Sec-WebSocket-Extensions"] is None
    connection.close()
