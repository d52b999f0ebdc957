"""What clients send and are sent, without Django."""

import contextlib
import json
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.wire import contract, frames
from notifications.wire.contract import CloseCode
from notifications.wire.frames import BadFrame, Cursor, Ping, Pong, Resume

REVISIONS = st.integers(0, contract.INTEGER_MAX)
GOOD = {
    '{"type":"ping"}': Ping(),
    '{"type":"pong","epoch":"e","revision":7}': Pong("e", 7),
    '{"type":"pong","epoch":"","revision":0}': Pong("", 0),
    '{"type":"resume","epoch":"e","since":7}': Resume(Cursor("e", 7)),
    '{"type":"resume","epoch":"e","since":null}': Resume(None),
    '{"type":"resume"}': Resume(None),
    '{"type":"later","x":[{"y":1}]}': None,
    '{"type":"ping","more":{"a":[1]}}': Ping(),
    '{"type":"pong","epoch":"e","revision":9007199254740991}': Pong("e", 2**53 - 1),
    ' {"type" : "ping", "s": "[[[[[[[[[[[[ \\" [[[["} ': Ping(),
}
BAD = {
    "": "bad_json",
    "{": "bad_json",
    "ping": "bad_json",
    '{"type":"ping"} x': "bad_json",
    '{"type":"pong","epoch":"e","revision":NaN}': "bad_json",
    '{"type":"pong","epoch":"e","revision":Infinity}': "bad_json",
    "[]": "bad_shape",
    '"ping"': "bad_shape",
    "null": "bad_shape",
    "{}": "bad_shape",
    '{"type":1}': "bad_shape",
    '{"type":"ping","type":"ping"}': "bad_shape",
    '{"type":"pong","revision":7}': "bad_shape",
    '{"type":"pong","epoch":"e"}': "bad_shape",
    '{"type":"pong","epoch":"e","revision":"7"}': "bad_shape",
    '{"type":"pong","epoch":"e","revision":7.0}': "bad_shape",
    '{"type":"pong","epoch":"e","revision":true}': "bad_shape",
    '{"type":"pong","epoch":"e","revision":1e999}': "bad_shape",
    '{"type":"pong","epoch":1,"revision":7}': "bad_shape",
    '{"type":"resume","since":7}': "bad_shape",
    '{"type":"resume","epoch":"e","since":"7"}': "bad_shape",
    '{"type":"pong","epoch":"e","revision":-1}': "bad_value",
    '{"type":"pong","epoch":"e","revision":9007199254740992}': "bad_value",
    '{"type":"pong","epoch":"e","revision":' + "9" * 5000 + "}": "bad_value",
    '{"type":"pong","epoch":"' + "e" * 65 + '","revision":7}': "bad_value",
    "[" * 5000: "too_deep",
    '{"a":' * 9 + "1" + "}" * 9: "too_deep",
}


@pytest.mark.parametrize(("text", "meant"), GOOD.items())
def test_a_good_frame_is_understood(text, meant):
    assert frames.parse(text) == meant


@pytest.mark.parametrize(("text", "code"), BAD.items(), ids=lambda value: value[:40])
def test_a_bad_frame_is_refused_with_the_word_for_why(text, code):
    with pytest.raises(BadFrame) as refused:
        frames.parse(text)
    assert refused.value.code == code
    assert json.loads(frames.error(refused.value)) == {
        "type": "error",
        "code": code,
        "message": str(refused.value),
        "temporary": False,
    }


@given(st.text('e_-\u0663 \\"', max_size=3), st.text("0123456789-.\u0663", max_size=17))
def test_the_usual_pong_means_what_any_pong_of_these_words_does(epoch, digits):
    def understood(text):
        try:
            return frames.parse(text)
        except BadFrame as refused:
            return refused.code

    usual = f'{{"type":"pong","epoch":"{epoch}","revision":{digits}}}'
    assert understood(usual) == understood(f" {usual}")


@given(st.text(max_size=200) | st.text('{}[]":,typeping0123456789.\\ ', max_size=60))
def test_nothing_but_a_bad_frame_ever_comes_of_any_text(text):
    with contextlib.suppress(BadFrame):
        frames.parse(text)


@pytest.mark.parametrize(
    ("epoch", "since", "meant"),
    [
        ("e", "7", Cursor("e", 7)),
        ("e", "0", Cursor("e", 0)),
        (None, "7", None),
        ("e", None, None),
        ("", "7", None),
        ("e", "-1", None),
        ("e", "7.0", None),
        ("e", "x", None),
        ("e", "9007199254740992", None),
        ("e" * 65, "7", None),
    ],
)
def test_what_is_no_cursor_in_a_url_counts_as_none(epoch, since, meant):
    assert frames.cursor(epoch, since) == meant


def test_the_servers_frames_are_json_as_the_protocol_shows_it():
    one = frames.encode({"id": "1", "title": "é"})
    totals = frames.counts(2, 1)
    assert json.loads(frames.changes(1, 2, [one], ["9"], totals)) == {
        "type": "changes",
        "since": 1,
        "revision": 2,
        "notifications": [{"id": "1", "title": "é"}],
        "removed": ["9"],
        "counts": {"unread": 2, "unseen": 1},
    }
    part = json.loads(frames.changes(1, 2, [], [], None))
    assert part["partial"] is True
    assert "counts" not in part
    assert json.loads(frames.snapshot('e"', 2, [one, one], more=True, totals=totals)) == {
        "type": "snapshot",
        "epoch": 'e"',
        "revision": 2,
        "notifications": [{"id": "1", "title": "é"}] * 2,
        "more": True,
        "counts": {"unread": 2, "unseen": 1},
    }


def test_so_are_those_that_carry_no_content():
    assert json.loads(frames.synced(3)) == {"type": "synced", "revision": 3}
    assert json.loads(frames.ping(3)) == {"type": "ping", "revision": 3}
    assert json.loads(frames.pong(3)) == {"type": "pong", "revision": 3}
    assert json.loads(frames.bye(CloseCode.RESTART, "Bye.", 250)) == {
        "type": "bye",
        "code": 4200,
        "reason": "Bye.",
        "reconnect": True,
        "after_ms": 250,
    }
    assert json.loads(
        frames.hello(
            connection="c", user="u", server_time="t", epoch="e", revision=3,
            ping_interval_s=25,
        )
    ) == {
        "type": "hello", "protocol": 1, "connection": "c", "user": "u", "server_time": "t",
        "epoch": "e", "revision": 3, "floor": 0, "ping_interval_s": 25, "max_frame_bytes": 4096,
    }  # fmt: skip


def test_what_no_utf8_can_hold_does_not_break_a_stream():
    assert json.loads(frames.encode({"title": "a\ud800"})) == {"title": "a?"}


def test_the_range_of_a_code_is_the_verdict():
    for code in CloseCode:
        assert code.reconnect == (code >= 4100)
        assert code.lingers == (code in {4200, 4202})


def test_neither_the_protocol_nor_the_stream_needs_django():
    source = (
        "import notifications.stream.inbox_stream, sys; "
        "print([m for m in sys.modules if m.split('.')[0] in {'django', 'channels'}])"
    )
    said = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.strip() == "[]"


def test_every_limit_is_a_number():
    limits = {name: value for name, value in vars(contract).items() if re.search("MAX|BYTES", name)}
    assert all(isinstance(value, int) and value > 0 for value in limits.values())


# --- One change of many inboxes -------------------------------------------------------------------


@given(text=st.text(), revision=REVISIONS, unread=REVISIONS, unseen=REVISIONS)
def test_what_makes_the_frames_of_one_change_makes_those_of_changes(text, revision, unread, unseen):
    totals = frames.counts(unread, unseen)
    rest = frames.encode({"id": "7", "title": f"100 %d {text}"})[1:-1]
    whole = b'{"revision":%d,"arrived_revision":%d,%s}' % (revision, revision, rest)
    arrived = frames.one_change(rest, ())(revision, unread, unseen)
    assert arrived == frames.changes(revision - 1, revision, [whole], (), totals)
    removed = frames.one_change(None, (f"%s{text}",))(revision, unread, unseen)
    assert removed == frames.changes(revision - 1, revision, (), (f"%s{text}",), totals)
