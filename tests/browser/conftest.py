"""Real Chromium against a real server process, with a sender in another process.

Tests share both, as long as they kill none; each begins with an empty database.
"""

import os
import re
import shutil

import pytest
from django.db import connection
from playwright.sync_api import expect, sync_playwright

from notifications.models import ChangeCounter, Epoch, Notification, Status, audiences
from notifications.sending import acts, worker
from notifications.wire.message import Message
from tests.browser.inbox_tabs import cookies_of
from tests.sockets.sender import start_sender
from tests.support.emptying import empty_tables
from tests.support.ports import free_port, listens
from tests.support.processes import Processes, until
from tests.support.proxy import Proxy
from tests.support.servers import UVICORN, Servers
from tests.support.tabs import ARGUMENTS, WITHOUT_WINDOW, Chromium

# Playwright's synchronous interface runs an event loop in this thread, in which Django would refuse
# to touch the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

# A deadline, and no measure: on a busy machine Playwright's own 5 seconds are a look or two.
expect.set_options(timeout=20_000)


# Not for the session: as long as Playwright runs, no test of this process can run an event loop.
@pytest.fixture(scope="package")
def chromium():
    path = shutil.which(WITHOUT_WINDOW)
    assert path, f"{WITHOUT_WINDOW} is not installed: make test installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


# --- Servers --------------------------------------------------------------------------------------


@pytest.fixture(scope="package")
def servers(django_db_setup, django_db_blocker, tmp_path_factory):
    """Those that tests share, and in the end a database that is empty again."""
    servers = Servers(tmp_path_factory.mktemp("servers"))
    yield servers
    with django_db_blocker.unblock():
        servers.stop_all()
        empty_tables()
        connection.close()


@pytest.fixture(scope="package")
def sender(servers, django_db_blocker):
    """Sends from another process than the servers and the test."""
    with django_db_blocker.unblock():
        return start_sender(servers)


@pytest.fixture
def db(servers, django_db_blocker):
    """In place of pytest-django's: what lives as long as the servers stays, all else is removed."""
    with django_db_blocker.unblock():
        yield
        for server in servers.running():
            until(lambda one=server: is_idle(one), f"{server} has done with its clients")
        # A server would take a database of another epoch for a restored one.
        empty_tables(ChangeCounter, Epoch)
        connection.close()


@pytest.fixture
def transactional_db(db):
    pass


@pytest.fixture(autouse=True)
def database(db):
    """All tests here have it."""


def is_idle(server):
    said = server.get("/metrics").body
    # The one request is this one.
    wanted = ("notifications_streams_open", 0), ("notifications_http_requests_open", 1)
    return all(
        sum(map(float, re.findall(rf"^{name}(?:{{.*}})? (\S+)$", said, re.MULTILINE))) == count
        for name, count in wanted
    )


class Site:
    """A server process that tests share."""

    def __init__(self, server, sender):
        self.port = server.port
        self.url = server.origin
        #: Send from another process, as ``manage.py notify`` does; returns when that is done.
        self.notify = sender.notify


class OwnSite:
    """A server process on a port of its own, which can be killed and started again."""

    def __init__(self, processes, sender, **settings):
        self._processes = processes
        self._settings = settings
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.notify = sender.notify
        self.start()

    def start(self):
        self._child = self._processes.manage("serve", "--port", str(self.port), **self._settings)
        self._processes.until(lambda: listens(self.port), "the server listens")

    def kill(self):
        self._child.kill()


@pytest.fixture
def processes(tmp_path, db):
    """Processes of the test's own, and what all processes may have to say."""
    with Processes(tmp_path) as running:
        yield running


@pytest.fixture
def site_with(servers, sender, processes):
    """A shared server with these settings; what it complains of is the test's fault."""
    asked = []

    def get(**settings):
        asked.append(servers.get(UVICORN, **settings))
        return Site(asked[-1], sender)

    yield get
    for server in asked:
        server.may_warn = processes.may_warn
    assert not [line for server in asked for line in server.new_complaints()]


@pytest.fixture
def site(site_with):
    return site_with()


@pytest.fixture
def own_site(processes, sender):
    return OwnSite(processes, sender)


@pytest.fixture
def proxy(site):
    with Proxy(site.port) as proxy:
        yield proxy


@pytest.fixture
def start_browser(tmp_path):
    """Start a Chromium whose tabs can be hidden, frozen and crashed."""
    browsers = []

    def start(*arguments):
        browsers.append(Chromium(tmp_path / f"chromium{len(browsers)}", *arguments))
        return browsers[-1]

    yield start
    for browser in browsers:
        browser.quit()


@pytest.fixture
def browser(start_browser):
    return start_browser()


@pytest.fixture
def open_page(chromium, site):
    """Open a page as somebody, in a browser of their own; no console error may be left behind."""
    contexts, errors = [], []

    def open_as(user, path="/inbox/", *, allow_errors=False, base_url=site.url, **options):
        # Else it would answer before what a test puts in place of answers.
        options = {"service_workers": "block"} | options
        context = chromium.new_context(base_url=base_url, **options)
        contexts.append(context)
        context.add_cookies(cookies_of(user, base_url))
        page = context.new_page()
        if not allow_errors:
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on(
                "console", lambda said: errors.append(said.text) if said.type == "error" else None
            )
        page.goto(path)
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def send_many(transactional_db):
    """Send so many notifications to a user; the last one is on top.

    All at once, as what was made in bulk goes; ``one_by_one`` each is a commit.
    """

    def act(user, count, *, one_by_one=False):
        titles = [f"Number {n}" for n in range(count)]
        if one_by_one:
            for title in titles:
                acts.send(Message(title), audience=audiences.ChosenUsers.named([user.username]))
            return
        audience = {"audience_kind": "users", "audience_ids": [user.pk]}
        Notification.objects.bulk_create(
            Notification(title=title, status=Status.SENDING, **audience) for title in titles
        )
        worker.run_due()

    return act
