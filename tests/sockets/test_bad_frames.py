"""Whatever a client sends, the server answers with a typed error or a reason, and goes on."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.examples import times
from tests.support.judge import ERROR_CODES

KINDS = {"hello", "snapshot", "changes", "synced", "ping", "pong", "error", "bye"}
# What the server may close with after nonsense: protocol violated, too often.
VERDICTS = {4008, 4100}
FRAME_MAX_BYTES = 4096
# What takes a moment, on a machine that is busy.
SOON_S = 15
PONG = {"type": "pong", "epoch": "other", "revision": 0}


def nested(depth):
    return '{"type": "ping", "x": ' + "[" * depth + "]" * depth + "}"


def pong_of(revision):
    return '{"type": "pong", "epoch": "e", "revision": ' + revision + "}"


BAD = {
    "empty": ("", "bad_json"),
    "a blank": (" ", "bad_json"),
    "binary": (b"\x00\xff", "binary"),
    "empty binary": (b"", "binary"),
    "JSON in binary": (b'{"type": "ping"}', "binary"),
    "an open brace": ("{", "bad_json"),
    "no JSON": ("hello", "bad_json"),
    "a NUL": ("\0", "bad_json"),
    "a byte order mark": ('\ufeff{"type": "ping"}', "bad_json"),
    "something behind": ('{"type": "ping"} {}', "bad_json"),
    "single quotes": ("{'type': 'ping'}", "bad_json"),
    "an unknown escape": ('{"type": "\\x"}', "bad_json"),
    "NaN": (pong_of("NaN"), "bad_json"),
    "Infinity": (pong_of("-Infinity"), "bad_json"),
    "beyond a double": (pong_of("1e999"), "bad_shape"),
    "4000 digits": (pong_of("1" * 4000), "bad_value"),
    "beyond 2^53": (pong_of(str(2**53)), "bad_value"),
    "negative": (pong_of("-1"), "bad_value"),
    "a fraction": (pong_of("1.0"), "bad_shape"),
    "true": (pong_of("true"), "bad_shape"),
    "text": (pong_of('"1"'), "bad_shape"),
    "null": (pong_of("null"), "bad_shape"),
    "nine deep": (nested(8), "too_deep"),
    "2000 deep": (nested(2000), "too_deep"),
    "2000 open": ("[" * 2000, "too_deep"),
    "a key twice": ('{"type": "ping", "type": "pong"}', "bad_shape"),
    "a key twice inside": ('{"type": "ping", "x": {"a": 1, "a": 2}}', "bad_shape"),
    "a list": ('[{"type": "ping"}]', "bad_shape"),
    "a number": ("1", "bad_shape"),
    "null alone": ("null", "bad_shape"),
    "a string": ('"ping"', "bad_shape"),
    "no type": ("{}", "bad_shape"),
    "type null": ('{"type": null}', "bad_shape"),
    "type a list": ('{"type": ["ping"]}', "bad_shape"),
    "pong of nothing": ('{"type": "pong"}', "bad_shape"),
    "epoch a number": ('{"type": "pong", "epoch": 1, "revision": 0}', "bad_shape"),
    "a long epoch": (json.dumps(PONG | {"epoch": "e" * 65}), "bad_value"),
    "resume by text": ('{"type": "resume", "epoch": "e", "since": "1"}', "bad_shape"),
    "resume without epoch": ('{"type": "resume", "since": 1}', "bad_shape"),
}
IGNORED = {
    "an unknown type": '{"type": "dance", "with": {"whom": ["you"]}}',
    "an empty type": '{"type": ""}',
    "a type of the server's": '{"type": "changes", "since": 0, "revision": 9}',
    "an unknown field": '{"type": "pong", "epoch": "e", "revision": 0, "mood": [1, null]}',
    "a surrogate": '{"type": "pong", "epoch": "\\ud800", "revision": 0}',
    "a surrogate as a type": '{"type": "\\ud800"}',
    "a NUL inside": '{"type": "pong", "epoch": "\\u0000", "revision": 0}',
    "eight deep": nested(7).replace("ping", "dance"),
    "brackets in a string": json.dumps({"type": "x", "y": "[" * 100}),
}
TOO_LARGE = {
    "one byte too many": '{"type": "ping"}'.ljust(FRAME_MAX_BYTES + 1),
    "in two bytes each": json.dumps({"type": "ü" * (FRAME_MAX_BYTES // 2)}, ensure_ascii=False),
    "5000 digits": pong_of("1" * 5000),
    "5000 deep": nested(2500),
    "binary": b"x" * (FRAME_MAX_BYTES + 1),
    "60 KiB": "x" * 60 * 1024,
}


@pytest.fixture
def client(site, connect, alice):
    return connect(alice, site).until_synced()


@pytest.mark.parametrize(("frame", "code"), BAD.values(), ids=BAD.keys())
def test_a_frame_that_makes_no_sense_is_answered_by_its_error(client, sender, alice, frame, code):
    client.send(frame)
    client.until_answered()
    (error,) = client.of_type("error")
    assert error["code"] == code
    # It goes on as if nothing had been said.
    sender.send("Hello", alice.pk)
    client.until_revision(1)


@pytest.mark.parametrize("frame", IGNORED.values(), ids=IGNORED.keys())
def test_what_the_server_need_not_know_is_ignored(client, frame):
    client.send(frame)
    client.until_answered()
    assert [one["type"] for one in client.frames[3:]] == ["pong"]


@pytest.mark.parametrize("frame", TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_a_frame_that_is_too_large_ends_the_connection(client, frame):
    client.send(frame)
    assert client.until_closed(SOON_S) == 4008
    assert (client.bye["code"], client.bye["reconnect"]) == (4008, False)


def test_the_largest_frame_is_read(client):
    client.send('{"type": "ping"}'.ljust(FRAME_MAX_BYTES))
    client.until(lambda: client.of_type("pong"), "a pong")


@pytest.mark.parametrize("size", [1024 * 1024, 4 * 1024 * 1024])
def test_a_frame_beyond_all_measure_ends_the_connection_and_costs_no_memory(site, client, size):
    before = site.rss_bytes()
    client.send("x" * size)
    # A server may drop the connection rather than read on until it may say why.
    assert client.until_closed(SOON_S) in {4008, 1009, 1006}
    assert site.rss_bytes() - before < 5 * 1024 * 1024


def test_the_fifth_within_a_minute_closes(client):
    client.send(*["{"] * 4)
    client.until_answered()
    assert [error["code"] for error in client.of_type("error")] == ["bad_json"] * 4
    client.send("[]")
    assert client.until_closed(SOON_S) == 4008
    assert client.bye["reconnect"] is False


def test_nothing_more_is_heard_after_that(client, site, sign_in, alice):
    client.send(*["{"] * 5, *[{"type": "ping"}] * 5, {"type": "resume"})
    assert client.until_closed(SOON_S) == 4008
    assert client.frames[-1]["type"] == "bye"


@pytest.mark.parametrize(
    "parts",
    [('{"type":', ' "pi', 'ng"}'), ("", '{"type": "ping"}', ""), tuple('{"type": "ping"}')],
)
def test_a_frame_in_fragments_is_a_frame(client, parts):
    client.send_fragments(*parts)
    client.until(lambda: client.of_type("pong"), "a pong")
    assert not client.of_type("error")


def test_fragments_count_together(client):
    client.send_fragments(*['{"type":'] + [" " * 100] * 50 + ['"ping"}'])
    assert client.until_closed(SOON_S) == 4008


@pytest.mark.parametrize(
    "payload", [b"\xff", b'{"type": "\xc3\x28"}', b"\xed\xa0\x80", b"\xc0\x80"], ids=repr
)
def test_text_that_is_no_utf_8_ends_the_connection(client, payload):
    """RFC 6455 has the WebSocket layer fail it: with 1007, or by dropping it."""
    client.send_as_text(payload)
    assert client.until_closed(SOON_S) in {1007, 1006, *VERDICTS}


def test_a_ping_is_answered_with_the_revision_that_was_sent_last(client, sender, alice):
    sender.send_many(3, "Hello", alice.pk)
    client.until_revision(3)
    client.until_answered()
    assert client.of_type("pong")[-1] == {"type": "pong", "revision": 3}


def test_a_resume_with_a_surrogate_or_a_nul_in_its_epoch_is_one_of_another_epoch(client):
    for n, epoch in enumerate(("\ud800", "\0", "' OR 1=1 --", "{}"), 2):
        client.resume(0, epoch)
        client.until_synced(n)
    assert len(client.of_type("snapshot")) == 5


# --- Anything at all ------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
known_frames = st.fixed_dictionaries(
    {"type": st.sampled_from(["pong", "resume", "ping", "hello", "bye"]) | st.text(max_size=8)},
    optional={
        "epoch": st.text(max_size=70) | json_values,
        "revision": st.integers() | json_values,
        "since": st.integers(-1, 5) | json_values,
        "x": json_values,
    },
)
texts = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
    | st.builds(json.dumps, known_frames)
    | st.builds(json.dumps, json_values)
    | st.text('{}[]",:\\ 0e-+ntu', max_size=100)
    | st.integers(1, 5_000).map(lambda size: "x" * size)
)
messages = st.lists(texts | st.binary(max_size=200), min_size=1, max_size=8)


def test_whatever_comes_is_answered_with_an_error_or_a_verdict(site, connect, alice, sender):
    sender.send_many(3, "Hello", alice.pk)

    @settings(max_examples=times(60))
    @given(messages)
    @example(["", b"", "{", "[]", "null"])
    @example([json.dumps({"type": "resume", "epoch": "\ud800", "since": 0})] * 8)
    def check(sent):
        # The judge does not see which of these the server takes for a resume.
        client = connect(alice, site, judges=False).until_synced()
        client.send(*sent, {"type": "ping"})
        client.until(lambda: client.closed or client.of_type("pong"), "an answer")
        assert client.closed is None or client.closed[0] in VERDICTS, client
        assert {error["code"] for error in client.of_type("error")} <= ERROR_CODES
        assert {frame["type"] for frame in client.frames} <= KINDS
        client.close()

    check()
