"""`/ws/diagnostics/`: what the server saw of a handshake, and a run's events as they happen."""

import json
import time
from itertools import pairwise

import pytest

from notifications.wire import runs
from tests.support.bare import CLOSE, Bare, frame
from tests.support.connection import Refused
from tests.support.servers import SESSION_COOKIE
from tests.support.web_socket import Socket


@pytest.fixture
def look(clients, sign_in):
    """Open the socket as somebody."""
    opened = []

    def act(site, user=None, run=None, **options):
        cookie = [("Cookie", f"{SESSION_COOKIE}={sign_in(user)}")] if user else []
        url = site.url("/ws/diagnostics/") + (f"?run={run}" if run else "")
        options = {"origin": site.origin, "headers": cookie, **options}
        opened.append(Socket(clients, url, **options).open())
        return opened[-1]

    yield act
    for socket in opened:
        socket.close()


def begin(user, seconds=5, ago_s=0.0):
    return runs.begin(user.pk, seconds, time.time_ns() // 1_000_000 - round(ago_s * 1000))


def said(socket):
    return [json.loads(message) for message in socket.messages]


def hears_the_end(socket):
    socket.until(lambda: [one for one in said(socket) if one["type"] == "end"], "the end")


def farewell(socket):
    code = socket.until_closed()
    assert (said(socket)[-1]["type"], said(socket)[-1]["code"]) == ("bye", code)
    return code


def first(socket):
    socket.until(lambda: socket.messages, "it is told something")
    return said(socket)[0]


def test_the_handshake_is_told_as_it_was_sent(site, alice, sign_in):
    key = sign_in(alice)
    request = (
        "GET /ws/diagnostics/ HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{site.port}\r\nOrigin: {site.origin}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nX-Secret: planted\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {SESSION_COOKIE}={key}\r\n\r\n"
    ).encode()
    with Bare(site.port) as bare:
        bare.send(request)
        head = bare.head()
        bare.send(frame(CLOSE, b"\x03\xe8"))
        rest = bare.rest()
    told = json.loads(rest[rest.index(b"{") : rest.rindex(b"}") + 1])
    assert told["request"]["bytes"] == len(request)
    assert told["response"]["bytes"] == len(head)
    assert told["is_exact"] is True
    names = [name.lower() for name, _ in told["response"]["headers"]]
    assert "sec-websocket-accept" in names
    assert key not in str(told)
    assert "planted" not in str(told)


def test_events_come_when_they_happen_and_not_before(site, look, alice):
    text, run = begin(alice)
    socket = look(site, alice, text)
    came = []
    for _ in run.events:
        socket.until(lambda: len(said(socket)) > 1 + len(came), "the next event")
        came.append(time.time_ns() // 1_000_000)
    events = said(socket)[1:]
    told = [(one["id"], one["at_ms"]) for one in events if one["type"] == "event"]
    assert told == [(event.id, event.at_ms) for event in run.events]
    assert all(at_ms <= seen for (_, at_ms), seen in zip(told, came, strict=True))
    hears_the_end(socket)
    assert farewell(socket) == 4202


def test_who_comes_late_hears_what_has_happened_first(site, look, alice):
    text, run = begin(alice, ago_s=6.9)
    socket = look(site, alice, text)
    hears_the_end(socket)
    kinds = [one["type"] for one in said(socket)]
    assert kinds == ["begin", *["event"] * len(run.events), "end"]
    assert all(one["id"] < other["id"] for one, other in pairwise(said(socket)[1:-1]))


def test_a_user_follows_one_run_at_a_time(site, look, alice, bob):
    text, _ = begin(alice)
    one = look(site, alice, text)
    assert first(one)["type"] == "begin"
    assert farewell(look(site, alice, begin(alice)[0])) == 4102
    assert first(look(site, bob, begin(bob)[0]))["type"] == "begin"
    one.close()
    again = look(site, alice, text)
    assert first(again)["type"] == "begin"


def test_a_process_follows_so_many_runs(servers, kind, look, alice, bob):
    site = servers.get(kind, NOTIFICATIONS_DIAGNOSTICS_RUNS_MAX=1)
    assert first(look(site, alice, begin(alice)[0]))["type"] == "begin"
    assert farewell(look(site, bob, begin(bob)[0])) == 4101


def test_it_is_for_the_signed_in_and_their_own_runs(site, look, alice, charlie):
    assert farewell(look(site)) == 4001
    assert farewell(look(site, charlie, begin(alice)[0])) == 4003
    for nothing in ("x", "%00", "x" * 5000):
        assert farewell(look(site, alice, nothing)) == 4003
    for origin in ("http://evil.example", None):
        with pytest.raises(Refused) as caught:
            look(site, alice, origin=origin)
        assert caught.value.status == 403


def test_it_can_be_turned_off(servers, kind, look, alice):
    site = servers.get(kind, NOTIFICATIONS_DIAGNOSTICS=0)
    assert farewell(look(site, alice)) == 4003


def test_what_it_is_sent_counts_for_nothing(site, look, alice):
    socket = look(site, alice)
    socket.send("x", b"\xff", '{"type": "ping"}')
    assert first(socket)["type"] == "handshake"
    assert farewell(socket) == 4202
    assert len(socket.messages) == 2
