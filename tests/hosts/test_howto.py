"""docs/howto/add-to-your-project.md, from its first line to its last, as somebody types it."""

import os
import shlex
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.docs import markdown
from tests.support.nginx import _CONFIG as NGINX
from tests.support.processes import until
from tests.support.tabs import ARGUMENTS, WITHOUT_WINDOW
from tests.support.terminal import Terminal

PAGE = (markdown.DOCS / "howto" / "add-to-your-project.md").read_text("utf-8")
# What is the reader's own.
OWN = "/srv/mysite"
MOST_LINES = 10
PATIENCE_MS = 60_000


class Reader:
    """Somebody at a terminal, in a folder that holds a project."""

    def __init__(self, terminal):
        self.terminal = terminal
        self.folder = terminal.home
        self.changed = 0

    def follow(self, heading):
        """Do what a section says, block by block; servers go on running."""
        for block in markdown.blocks(markdown.section(PAGE, heading) if heading else BEFORE):
            if block.language == "diff":
                self._change(block.text)
            elif block.language == "sh":
                for command in block.text.splitlines():
                    self.type(command)
            elif block.language == "nginx":
                self._proxy(block.text)

    def _change(self, text):
        head, *lines = text.splitlines()
        kind, _, name = head.partition(" ")
        path = self.folder / name
        self.changed += sum(line[0] == "+" for line in lines)
        if kind == "+++":
            assert not path.exists()
            path.parent.mkdir(parents=True)
            path.write_text("".join(f"{line[1:]}\n" for line in lines), "utf-8")
            return
        old = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
        new = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
        before = path.read_text("utf-8")
        assert before.count(old) == 1, f"{name} has not once:\n{old}"
        path.write_text(before.replace(old, self._own(new)), "utf-8")
        self.changed -= len({line[1:] for line in lines if line[0] == "-"} & set(new.splitlines()))

    def type(self, command):
        if "pip install" in command:
            wheel = shlex.split(command)[-1].partition("[")[0]
            self.terminal.run(f"ls {wheel}")  # its files are in PYTHONPATH
        elif "runserver" in command or "manage.py serve" in command or "gunicorn" in command:
            log = self.folder / f"{len(self.started())}.log"
            self.terminal.start(f"exec {command}", log)
            port = command.partition("127.0.0.1:")[2][:4] or command[-4:]
            listens = f"exec 3<>/dev/tcp/127.0.0.1/{port}"
            self.terminal.run(f"until ({listens}) 2>/dev/null; do sleep 0.1; done")
        else:
            self.terminal.run(command)

    def started(self):
        return sorted(self.folder.glob("*.log"))

    def _proxy(self, site):
        folder = self.folder / "nginx"
        folder.mkdir()
        config = NGINX.format(folder=folder, site=self._own(site))
        (folder / "nginx.conf").write_text(config, "utf-8")
        command = f"exec nginx -p {folder} -c {folder}/nginx.conf -e {folder}/error.log"
        self.terminal.start(command, folder / "nginx.log")

    def _own(self, text):
        return text.replace(OWN, str(self.folder / "srv"))


BEFORE = PAGE.partition("\n## ")[0]


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:

        @contextmanager
        def launch(terminal):
            """A browser in the network of a terminal."""
            wrapper = terminal.home / "chromium"
            asked = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
            enter = shlex.join(["nsenter", f"--target={terminal.pid}", "--net", *asked])
            wrapper.write_text(f'#!/bin/sh\nexec {enter} {shutil.which(WITHOUT_WINDOW)} "$@"\n')
            wrapper.chmod(0o755)
            browser = playwright.chromium.launch(executable_path=wrapper, args=ARGUMENTS)
            yield browser.new_page()
            browser.close()

        yield launch


@pytest.fixture
def reader(tmp_path, built):
    (tmp_path / "dist").symlink_to(built / "dist")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin"
    site = str(built / "site")
    with Terminal(tmp_path, PATH=path, PYTHONPATH=site) as terminal:
        reader = Reader(terminal)
        reader.follow(None)
        for heading in ("Install it", "Change seven lines"):
            reader.follow(heading)
        assert reader.changed == 7
        yield reader
        for log in reader.started():
            assert "Traceback" not in log.read_text("utf-8"), log.read_text("utf-8")


def typed_in(heading):
    """The lines of a section's shell."""
    blocks = markdown.blocks(markdown.section(PAGE, heading))
    return [line for one in blocks if one.language == "sh" for line in one.text.splitlines()]


def frames_of(page):
    """What comes over the page's WebSockets, as it comes."""
    frames = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda text: frames.append(str(text))),
    )
    return frames


def see(locator):
    expect(locator).to_be_visible(timeout=PATIENCE_MS)


def sign_in(page, url):
    page.goto(url)
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()


def test_one_asgi_server(reader, chromium):
    *typed, notify = typed_in("(a) One ASGI server")
    for command in typed:
        reader.type(command)
    with chromium(reader.terminal) as page:
        sign_in(page, "http://127.0.0.1:8000/inbox/")
        see(page.get_by_role("heading", name="Inbox"))
        reader.type(notify)
        see(page.get_by_role("link", name="Hello").first)
    assert reader.changed <= MOST_LINES


def test_a_wsgi_site_and_one_process_beside_it(reader, chromium):
    reader.follow("Make it yours")
    assert reader.changed <= MOST_LINES
    reader.type(typed_in("(a) One ASGI server")[0])
    reader.follow("(b) A WSGI site, and one process beside it")
    with chromium(reader.terminal) as page:
        frames = frames_of(page)
        # The admin has the bell by the template that the page shows.
        sign_in(page, "http://127.0.0.1/admin/")
        see(page.locator("notification-bell").get_by_role("button").first)
        until(lambda: page.wait_for_timeout(100) or '"synced"' in "".join(frames), "it is live")
        reader.type('python manage.py notify "Three for two" --user alice')
        see(page.get_by_text("Three for two").first)
        page.goto("http://127.0.0.1/inbox/")
        row = page.get_by_role("article").filter(has_text="Three for two")
        row.get_by_role("button", name="Mark as read").click()
        see(row.get_by_role("button", name="Mark as unread"))
    reader.follow("Take it out again")
