"""``manage.py notify --jsonl``: a notification a line."""

import io
import json
import os
import subprocess
import sys

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from notifications.inbox import reading
from notifications.management import json_lines
from notifications.models import InboxItem, Notification
from notifications.sending import at_once
from tests.support.processes import PATIENCE_S, REPOSITORY, database_url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def notify(tmp_path):
    """Run the command on these lines; its output, its errors, and what it ended with."""

    def run(*lines, **options):
        path = tmp_path / "lines"
        path.write_bytes(b"\n".join(lines))
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command("notify", jsonl=str(path), stdout=out, stderr=err, **options)
            ended = None
        except CommandError as error:
            ended = str(error)
        return out.getvalue().splitlines(), err.getvalue().splitlines(), ended

    return run


def line(title="Hello", users=("alice",), **fields):
    return json.dumps({"audience": {"users": users}, "title": title} | fields).encode()


def titles():
    return list(Notification.objects.order_by("pk").values_list("title", flat=True))


def test_each_line_is_sent(notify, alice, bob):
    alice.groups.add(Group.objects.create(name="ops"))
    out, err, ended = notify(
        line("One", url="/1", data={"n": 1}),
        b"",
        json.dumps({"audience": {"groups": ["ops"]}, "title": "Two"}).encode(),
        b"  \r",
        json.dumps({"audience": {"everyone": True}, "title": "Drei \u20ac"}).encode("utf-8"),
        sender="Robot",
    )
    pks = list(Notification.objects.order_by("pk").values_list("pk", flat=True))
    assert (err, ended) == ([], None)
    assert out == [
        f"Line 1: notification {pks[0]} sent: 1 recipient.",
        f"Line 3: notification {pks[1]} sent: 1 recipient.",
        f"Line 5: notification {pks[2]} sent: 2 recipients.",
        "3 lines sent.",
    ]
    assert titles() == ["One", "Two", "Drei \u20ac"]
    assert reading.one(alice.pk, pks[0]).message.sender == "Robot"
    assert alice.notifications_inbox.items.count() == 3
    assert bob.notifications_inbox.items.count() == 1


BAD = {
    "not JSON": (b"{", "The line is not JSON"),
    "NaN": (line(data={"x": float("nan")}), "NaN is no JSON"),
    "two of one name": (b'{"title": "a", "title": "b"}', "two members of one name"),
    "not UTF-8": (b'{"title": "\xff"}', "not UTF-8"),
    "UTF-16": ('{"title": "x"}'.encode("utf-16"), "not"),
    "NUL": (line("a\0b"), "NUL"),
    "surrogate": (b'{"title": "\\ud800"}', "lone surrogate"),
    "deep": (b"[" * 100_000, "too deep"),
    "long": (b" " * (json_lines.LINE_MAX_BYTES + 1), "at most 1048576 bytes"),
    "a list": (b"[]", "dictionary"),
    "nothing": (b"null", "dictionary"),
    "no audience": (b'{"title": "x"}', "audience: Field required"),
    "unknown user": (line(users=["nobody"]), "Unknown user: 'nobody'"),
    "unknown field": (line(colour="red"), "colour: Extra inputs"),
    "bad url": (line(url="javascript:x"), "url: A URL is a path on this site"),
    "bad time": (line(send_at="soon"), "send_at"),
    "over": (line(expires_at="2020-01-01T00:00:00Z"), "expires_at: That is over already."),
}


@pytest.mark.parametrize(("bad", "said"), BAD.values(), ids=BAD)
def test_a_bad_line_is_told_by_its_number_and_the_others_are_sent(notify, alice, bad, said):
    _, err, ended = notify(line("Before"), bad, line("After"))
    assert titles() == ["Before", "After"]
    assert alice.notifications_inbox.items.count() == 2
    assert len(err) == 1
    assert err[0].startswith("Line 2: ")
    assert said in err[0]
    assert ended == "2 lines sent; 1 line bad."


@pytest.mark.parametrize(("bad", "said"), BAD.values(), ids=BAD)
def test_with_atomic_a_bad_line_lets_none_be_sent(notify, alice, bad, said):
    out, err, ended = notify(line("Before"), bad, line("After"), atomic=True)
    assert (titles(), out) == ([], [])
    assert err[0].startswith("Line 2: ")
    assert said in err[0]
    assert ended == "1 line bad. Nothing was sent."
    assert not InboxItem.objects.exists()


BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize("atomic", [True, False])
def test_a_byte_order_mark_is_no_part_of_a_line(notify, alice, atomic):
    """Also amid files that were joined, on a line that is blank otherwise, and with CRLF."""
    lines = [BOM + line("One") + b"\r", line("Two") + b"\r", BOM + line("Three"), BOM + b"\r"]
    _, err, ended = notify(*lines, atomic=atomic)
    assert (titles(), err, ended) == (["One", "Two", "Three"], [], None)
    notify(BOM, line("Four"))
    assert titles()[3:] == ["Four"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("how", ["each", "atomic", "dry_run"])
def test_another_unicode_is_told_once_and_nothing_is_sent(notify, alice, encoding, how):
    text = (line("One") + b"\n" + line("Two")).decode()
    _, err, ended = notify(text.encode(encoding), **({} if how == "each" else {how: True}))
    assert err == []
    assert ended == "The lines are UTF-16 or UTF-32; write them as UTF-8."
    assert titles() == []


def test_with_atomic_good_lines_are_sent_together(notify, alice):
    out, _, ended = notify(line("One"), line("Two"), atomic=True)
    assert (titles(), ended, len(out)) == (["One", "Two"], None, 3)
    assert "sent: 1 recipient." in out[0]
    assert alice.notifications_inbox.items.count() == 2


@pytest.mark.parametrize("atomic", [True, False])
def test_with_a_key_it_may_be_run_again(notify, alice, atomic):
    lines = [line("One"), b"{", line("Three")]
    notify(*lines, key="k")
    lines[1] = line("Two")
    out, _, ended = notify(*lines, key="k", atomic=atomic)
    assert ended is None
    assert sum("already, under this key" in said for said in out) == 2
    assert titles() == ["One", "Three", "Two"]
    assert set(Notification.objects.values_list("idempotency_key", flat=True)) == {
        "k/1", "k/2", "k/3",
    }  # fmt: skip
    _, err, ended = notify(line("Other"), key="k")
    assert "'k/1' was used for another" in err[0]
    assert ended == "0 lines sent; 1 line bad."


def test_a_dry_run_looks_at_all_and_sends_none(notify, alice):
    out, err, ended = notify(line("One"), b"{", line("Two"), dry_run=True)
    assert (out, len(err), titles()) == ([], 1, [])
    assert ended == "2 lines good. Nothing was sent; 1 line bad."
    assert notify(line("One"), dry_run=True)[0] == ["1 line good. Nothing was sent."]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Give either a title or --jsonl."),
        (("Hello", "--jsonl", "-"), "Give either a title or --jsonl."),
        (("Hello", "--everyone", "--atomic"), "--atomic goes with --jsonl."),
        (("--jsonl", "-", "--everyone"), "each line says its own everyone"),
        (("--jsonl", "-", "--send-at", "2990-01-01"), "each line says its own send at"),
        (("--jsonl", "/nothing/there"), "--jsonl /nothing/there: No such file"),
    ],
)
def test_what_does_not_go_together_is_said(arguments, said, db):
    with pytest.raises(CommandError, match=said):
        call_command("notify", *arguments)


@pytest.mark.parametrize(("lines", "status"), [([line()], 0), ([line(), b"{"], 1)])
def test_lines_come_by_the_standard_input(alice, lines, status):
    done = subprocess.run(
        [sys.executable, "manage.py", "notify", "--jsonl", "-"],
        cwd=REPOSITORY,
        env={**os.environ, "DATABASE_URL": database_url()},
        input=b"\n".join(lines),
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr
    assert alice.notifications_inbox.items.count() == 1


class Piped:
    """A pipe whose writer takes its time: each read brings one part."""

    def __init__(self, *parts):
        self.parts = list(parts)

    def read1(self, _size):
        return self.parts.pop(0) if self.parts else b""


def sent_each(file):
    return json_lines.send_each(file, "", lambda _number: None)


def test_a_line_that_has_come_waits_for_no_other(alice):
    one, two, three = (line(title) for title in ("One", "Two", "Three"))
    file = Piped(one + b"\n" + two[:7], two[7:] + b"\n", three)
    lines = sent_each(file)
    for number, title in enumerate(("One", "Two", "Three"), start=1):
        assert next(lines).number == number
        assert titles()[-1] == title
        assert len(file.parts) == 3 - number
    assert list(lines) == []


def test_lines_that_have_come_together_share_a_transaction(alice, monkeypatch):
    stored, store = [], at_once.stored
    monkeypatch.setattr(at_once, "stored", lambda rows: (stored.append(len(rows)), store(rows))[1])
    text = b"\n".join([*(line(f"{n}") for n in range(120)), b"{}", line("last"), b""])
    told = list(sent_each(io.BytesIO(text)))
    assert [one.number for one in told] == list(range(1, 123))
    assert [one.number for one in told if one.error] == [121]
    assert stored == [100, 21]
    assert titles() == [*(f"{n}" for n in range(120)), "last"]


def test_a_line_that_is_too_long_is_passed_over_however_it_comes(alice):
    long = b"x" * (json_lines.LINE_MAX_BYTES + 1)
    for parts in (
        [line("a") + b"\n" + long + b"\n" + line("b")],
        [line("a") + b"\n", long, b"y\n" + line("b")],
        [line("a") + b"\n", long, long, b"\n", line("b"), b"\n"],
    ):
        told = list(sent_each(Piped(*parts)))
        assert [(one.number, one.error) for one in told] == [
            (1, None), (2, f"A line has at most {json_lines.LINE_MAX_BYTES} bytes."), (3, None),
        ]  # fmt: skip
    (first, last) = sent_each(Piped(line("c") + b"\n", long))
    assert (first.error, last.number) == (None, 2)
    assert last.error
