"""Which heads become a socket at once, and which are looked at with more care."""

import pytest

from notifications.servers.handshakes import plain_head

FIRST = b"GET /ws/?since=1 HTTP/1.1"
HEADERS = [
    b"Host: localhost",
    b"Upgrade: websocket",
    b"Connection: keep-alive, Upgrade",
    b"Sec-WebSocket-Key:  dGhlIHNhbXBsZSBub25jZQ== ",
]


def head(*headers, first=FIRST):
    return b"\r\n".join([first, *headers, b"", b""])


def test_a_handshake_is_told_and_its_names_are_in_lower_case():
    assert plain_head(head(*HEADERS)) == (
        b"GET /ws/?since=1 HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\n"
        b"connection: keep-alive, Upgrade\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )


@pytest.mark.parametrize("number", range(3))
def test_without_one_of_these_it_is_none(number):
    assert plain_head(head(*HEADERS[:number], *HEADERS[number + 1 :])) is None


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 5",
        b"Transfer-Encoding: chunked",
        b"Expect: 100-continue",
        b"host: elsewhere",
        b"UPGRADE: h2c",
        b"X-Folded: a\r\n b",
        b"X-Bare: a\nb",
        b"X-Zero: \0",
        b"X-Far: \xff",
        b"X-No-Colon",
        b"X Space: a",
        b": nameless",
    ],
)
def test_with_what_is_read_in_two_ways_it_is_left_to_h11(header):
    assert plain_head(head(*HEADERS, header)) is None


@pytest.mark.parametrize(
    "data",
    [
        head(*HEADERS)[:-2],
        head(*HEADERS) + b"x",
        head(*HEADERS, first=b"POST /ws/ HTTP/1.1"),
        head(*HEADERS, first=b"GET /ws/ HTTP/1.0"),
        head(*HEADERS, first=b"GET /a b HTTP/1.1"),
        head(first=FIRST),
        b"",
    ],
)
def test_what_is_not_all_of_a_handshake_is_none(data):
    assert plain_head(data) is None
