"""Runs of the diagnostics page, and the heads that it is told of."""

import pytest
from django.test import RequestFactory

from notifications.wire import heads, runs

NOW_MS = 1_800_000_000_000


def test_every_process_tells_the_same_events_of_a_run():
    text, run = runs.begin(7, 30, NOW_MS)
    again = runs.read(text, 7, NOW_MS)
    assert again is not run
    assert again.events == run.events
    assert [event.id for event in run.events] == list(range(1, len(run.events) + 1))
    moments = [event.at_ms for event in run.events]
    assert moments == sorted(moments)
    assert run.begins_ms <= moments[0]
    assert moments[-1] <= run.ends_ms == NOW_MS + runs.LEAD_MS + 30_000


def test_events_come_two_seconds_apart_on_average():
    count = sum(len(runs.begin(7, 60, NOW_MS)[1].events) for _ in range(100))
    assert 28 <= count / 100 <= 32


@pytest.mark.parametrize("seconds", [runs.SECONDS_MIN, runs.SECONDS_MAX])
def test_the_number_of_events_is_bounded(seconds):
    for _ in range(200):
        assert 3 <= len(runs.begin(7, seconds, NOW_MS)[1].events) <= 2 * seconds


def test_what_is_due_has_happened_and_is_not_known():
    _, run = runs.begin(7, 30, NOW_MS)
    second = run.events[1]
    assert run.due(0, second.at_ms) == list(run.events[:2])
    assert run.due(1, second.at_ms) == [second]
    assert run.due(0, run.begins_ms - 1) == []
    assert run.due(0, run.ends_ms) == list(run.events)


def test_a_run_is_its_users_alone_and_ends():
    text, run = runs.begin("a-uuid", 10, NOW_MS)
    assert runs.read(text, "a-uuid", run.ends_ms + runs.GRACE_MS)
    assert runs.read(text, "a-uuid", run.ends_ms + runs.GRACE_MS + 1) is None
    assert runs.read(text, "another", NOW_MS) is None
    assert runs.read(text, "a-uuid", NOW_MS - 10 * 60_000) is None
    assert len(text) <= runs.TEXT_MAX_LENGTH


@pytest.mark.parametrize("text", ["", ":", "a.1.2", "x" * 5000, "ü.1.2:abc", "\0", "1.2.3.4:" * 9])
def test_what_is_no_run_is_none(text):
    assert runs.read(text, 7, NOW_MS) is None


def test_a_changed_run_is_none():
    text, _ = runs.begin(7, 10, NOW_MS)
    assert runs.read(text.replace(".10:", ".60:"), 7, NOW_MS) is None


# --- Heads ----------------------------------------------------------------------------------------

REQUEST = (
    b"GET /ws/diagnostics/?run=x HTTP/1.1\r\nHost: a.example\r\n"
    b"Cookie: sessionid=planted; theme=dark\r\n"
    b"Authorization: Bearer planted\r\nX-Forwarded-Access-Token: planted\r\n"
    b"Sec-WebSocket-Protocol: notifications.v1, token.planted\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nUser-Agent: Test\r\n\r\n"
)


def scope_of(head):
    first, *lines = head.strip().split(b"\r\n")
    _, target, _ = first.split(b" ")
    path, _, query = target.partition(b"?")
    pairs = [line.split(b": ", 1) for line in lines]
    return {
        "path": path.decode(),
        "raw_path": path,
        "query_string": query,
        "headers": [(name.lower(), value) for name, value in pairs],
    }


def test_a_head_is_as_large_as_it_was_on_the_wire():
    told = heads.of_request(scope_of(REQUEST))
    assert told["bytes"] == len(REQUEST)
    assert told["line"] == "GET /ws/diagnostics/?run=x HTTP/1.1"
    answer = heads.accepting(scope_of(REQUEST))
    assert heads.of_answer(answer)["bytes"] == len(answer)
    # The example of RFC 6455, section 1.3.
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer


def test_no_secret_is_told():
    told = heads.of_request(scope_of(REQUEST))
    assert "planted" not in str(told)
    shown = dict(map(tuple, told["headers"]))
    assert shown["cookie"] == "(29 bytes, not shown)"
    assert shown["sec-websocket-protocol"] == "notifications.v1, token.(not shown)"
    assert shown["user-agent"] == "Test"
    answer = b"HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: a=planted\r\nServer: x\r\n\r\n"
    assert "planted" not in str(heads.of_answer(answer))


def test_a_request_of_wsgi_is_about_as_large():
    request = RequestFactory().get("/api/v1/x?after=3", headers={"User-Agent": "Test"})
    size = heads.request_bytes(request)
    assert size >= len(b"GET /api/v1/x?after=3 HTTP/1.1\r\nUser-Agent: Test\r\n\r\n")
