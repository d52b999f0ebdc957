"""``manage.py capture_transports``: what it records is what HTTP and WebSocket are said to be.

It listens to a network that is the test's own, as the page types it; so nobody need be of the group
that may listen to the machine's.
"""

import os
import re
import subprocess
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from notifications.management.comparison import failures, recording
from notifications.process import extras
from tests.docs import commands, markdown
from tests.support.terminal import Terminal

PAGE = (markdown.DOCS / "explanation" / "http-and-websocket.md").read_text("utf-8")
POLLS = 5


@pytest.fixture(scope="module")
def terminal(tmp_path_factory):
    """A shell in the checkout."""
    kept = {name: os.environ[name] for name in ("DATABASE_URL", "SECRET_KEY")}
    home = tmp_path_factory.mktemp("capture")
    with Terminal(home, TMPDIR=str(home), **kept) as terminal:
        terminal.run(f"cd {markdown.REPOSITORY}")
        yield terminal


@pytest.fixture(scope="module")
def captured(terminal):
    """What the page tells people to type has been typed: the file, and what was said."""
    (typed,) = [
        line
        for block in markdown.blocks(PAGE)
        if block.language == "sh"
        for line in block.text.splitlines()
        if "manage.py capture_transports" in line
    ]
    path = terminal.home / "transports.pcapng"
    return path, terminal.run(typed.replace("transports.pcapng", str(path)))


@pytest.fixture(scope="module")
def packets(captured):
    """Each packet of HTTP or WebSocket, as tshark reads it."""
    fields = (
        "tcp.stream", "tcp.srcport", "http.request.method", "http.request.uri",
        "http.response.code", "http.upgrade", "websocket.mask", "websocket.opcode",
    )  # fmt: skip
    names = [word for field in fields for word in ("-e", field)]
    found = subprocess.run(
        ["tshark", "-r", str(captured[0]), "-Y", "http or websocket", "-T", "fields", *names],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [dict(zip(fields, line.split("\t"), strict=True)) for line in found.stdout.splitlines()]


def test_there_is_one_upgrade_and_each_poll(captured, packets):
    _, said = captured
    assert f"1 upgrade to WebSocket, {POLLS} polls, while 2 notifications were sent" in said
    request, answer = [one for one in packets if one["http.upgrade"] == "websocket"]
    assert request["http.request.uri"].startswith("/ws/notifications/?epoch=")
    assert answer["http.response.code"] == "101"
    assert request["tcp.stream"] == answer["tcp.stream"]
    polls = [one for one in packets if one["http.request.uri"].startswith("/api/v1/inbox?")]
    assert [one["http.request.method"] for one in polls] == ["GET"] * POLLS
    codes = Counter(one["http.response.code"] for one in packets)
    assert (codes["304"], codes["200"], codes["201"], codes["101"]) == (3, 2, 2, 1)


def test_the_client_masks_its_frames_and_the_server_does_not(packets):
    (port,) = {one["tcp.srcport"] for one in packets if one["http.request.uri"].startswith("/ws/")}
    frames = [one for one in packets if one["websocket.opcode"]]
    masks = {
        (one["tcp.srcport"] == port, mask)
        for one in frames
        for mask in one["websocket.mask"].split(",")
    }
    assert masks == {(True, "1"), (False, "0")}
    # Each says goodbye.
    assert [one["websocket.opcode"] for one in frames].count("8") == 2


def test_every_filter_of_the_page_shows_something(captured):
    path, said = captured
    filters = [
        markdown.code(row["display filter"])[0]
        for row in markdown.rows_with(PAGE, "display filter", "what it shows")
    ]
    filters += re.findall(r"(?m)^  (.+)$", said)
    assert len(filters) >= 10
    shown = dict(zip(filters, recording.counts(path, *filters), strict=True))
    assert 0 not in shown.values(), shown
    assert shown["http.upgrade"] == 2


def test_what_the_page_calls_is_what_there_is():
    assert {"capture_transports", "compare_transports"} <= {n for n, _ in commands.called_in(PAGE)}


def test_who_may_not_listen_is_told_who_may(tmp_path, monkeypatch):
    program = tmp_path / "dumpcap"
    program.write_text("#!/bin/sh\necho 'no permission' >&2\nexit 1\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with (
        pytest.raises(failures.Failed, match=r"root may, (.|\n)*no permission"),
        recording.of_port(1, tmp_path / "nothing.pcapng"),
    ):
        pytest.fail("Nobody listens.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.txt"], "'a.txt' does not end with .pcapng"),
        (["a.pcapng", "--polls=0"], "'0' is no whole number from 1 to 1000"),
        (["/nowhere/a.pcapng"], "there is no such folder"),
    ],
)
def test_bad_input_is_told_in_a_sentence(arguments, message):
    with pytest.raises(CommandError) as error:
        call_command("capture_transports", *arguments)
    assert message in str(error.value)


def test_what_is_missing_is_said_with_what_brings_it(monkeypatch, tmp_path):
    monkeypatch.setattr(recording, "PROGRAMS", ("tshark", "no-such-program"))
    with pytest.raises(CommandError, match="It needs no-such-program: apt-get install tshark"):
        call_command("capture_transports", f"{tmp_path}/a.pcapng")
    monkeypatch.setattr(extras, "is_there", lambda name: name != "h11")
    with pytest.raises(CommandError, match=r"It needs h11: .*\[compare\]"):
        call_command("capture_transports", f"{tmp_path}/a.pcapng")
