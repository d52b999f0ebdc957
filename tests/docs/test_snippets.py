"""The code on the pages works: Python compiles or runs, commands send, templates render.

Every ``python`` block of the pages in RUN is pasted into one interactive Python for the page, as
somebody would who has the demo users. Those of other pages are compiled.
"""

import asyncio
import code
import io
import json
import sys

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import connections
from django.template import engines

from notifications.models import InboxItem, Notification
from tests.docs import commands, markdown

RUN = (
    "README.md",
    "docs/tutorial.md",
    "docs/howto/ask-who-is-online.md",
    "docs/howto/send-from-django.md",
)
PAGES = markdown.pages()


def blocks_of(language):
    return [
        pytest.param(page, block, id=f"{markdown.name_of(page)}:{block.line}")
        for page in PAGES
        for block in markdown.blocks(page.read_text("utf-8"))
        if block.language == language
    ]


def compiled(page, block):
    # With the page's own line numbers, should it fail.
    source = "\n" * (block.line - 1) + block.text
    return compile(source, str(page), "exec", dont_inherit=True)


class Console(code.InteractiveConsole):
    """Takes a block line by line. There an empty line ends a function, and nothing else does."""

    def __init__(self, page):
        super().__init__({"__name__": "__console__"})
        self._page = page

    def paste(self, block):
        for line, text in enumerate([*block.text.splitlines(), ""], block.line):
            self._line = line
            self.push(text)
        assert not self.buffer, f"{self._page}:{block.line}: not complete"

    def showsyntaxerror(self, filename=None, **_):
        raise AssertionError(f"{self._page}:{self._line}: pasted, this is {sys.exc_info()[1]!r}")

    def showtraceback(self):
        raise AssertionError(f"{self._page}:{self._line}") from sys.exc_info()[1]


@pytest.fixture
def demo_users(transactional_db):
    """Those of `make run`."""
    call_command("demo_users", stdout=io.StringIO())


@pytest.fixture
def no_connection_is_left_behind():
    yield
    # What ran by asyncio.run read the database in asgiref's own thread.
    asyncio.run(sync_to_async(connections.close_all)())


@pytest.mark.parametrize(("page", "block"), blocks_of("python"))
def test_python_compiles(page, block):
    compiled(page, block)


@pytest.mark.parametrize(("page", "block"), blocks_of("json") + blocks_of("jsonl"))
def test_json_is_json(page, block):
    try:
        json.loads(block.text)
    except ValueError:
        for line in block.text.splitlines():  # an object a line
            json.loads(line)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", RUN)
def test_the_python_of_a_page_runs_from_its_first_line_to_its_last(
    name, demo_users, no_connection_is_left_behind, rules_are_forgotten, monkeypatch
):
    # The browser's tests, which may share this process, switch Django's check off.
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)
    page = markdown.REPOSITORY / name
    console = Console(page)
    ran = [one for one in markdown.blocks(page.read_text("utf-8")) if one.language == "python"]
    assert ran, f"{name} shows no Python any more: take it out of RUN."
    for block in ran:
        console.paste(block)
    assert InboxItem.objects.filter(inbox__user__username="alice").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES, ids=markdown.name_of)
def test_every_notify_that_a_page_shows_would_send(page, demo_users, tmp_path, monkeypatch):
    # What a page shows as lines of JSON is in the file that its commands read.
    lines = [
        one.text for one in markdown.blocks(page.read_text("utf-8")) if one.language == "jsonl"
    ]
    (tmp_path / "notifications.jsonl").write_text("".join(lines), "utf-8")
    monkeypatch.chdir(tmp_path)
    for name, arguments in commands.called_in(page.read_text("utf-8")):
        if name == "notify":
            out = io.StringIO()
            call_command("notify", *arguments, *{"--dry-run"} - {*arguments}, stdout=out)
            assert "Nothing was sent" in out.getvalue()
    assert not Notification.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("page", "block"), blocks_of("html+django"))
def test_templates_render(page, block, alice, rf):
    template = engines["django"].from_string(block.text)
    for user in (alice, AnonymousUser()):
        request = rf.get("/")
        request.user = user
        template.render({"user": user}, request)
