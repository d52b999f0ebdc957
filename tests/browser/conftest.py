"""Real Chromium against a real server process, with senders in other processes."""

import os
import shutil

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import sync_playwright

from notifications.models import audiences
from notifications.sending import acts
from notifications.wire.message import Message
from tests.support.ports import free_port, listens
from tests.support.processes import Processes
from tests.support.proxy import Proxy
from tests.support.tabs import Chromium

# Playwright's synchronous interface runs an event loop in this thread, in which Django would refuse
# to touch the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

CHROMIUM = [
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


# Not for the session: as long as Playwright runs, no test of this process can run an event loop.
@pytest.fixture(scope="package")
def chromium():
    path = shutil.which("chromium")
    assert path, "Chromium is not installed: make test installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def processes(tmp_path, transactional_db):
    with Processes(tmp_path) as running:
        yield running


class Site:
    """A server process on a port of its own, which can be killed and started again."""

    def __init__(self, processes, **settings):
        self._processes = processes
        self._settings = settings
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self._child = self._processes.manage("serve", "--port", str(self.port), **self._settings)
        self._processes.until(lambda: listens(self.port), "the server listens")

    def kill(self):
        self._child.kill()

    def notify(self, *arguments):
        """Send from another process, and return when it has ended well."""
        child = self._processes.manage("notify", *arguments)
        assert child.wait() == 0, child.output()


@pytest.fixture
def site(processes):
    return Site(processes)


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
        context = chromium.new_context(base_url=base_url, **options)
        contexts.append(context)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        key = client.session.session_key
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": base_url}])
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
    """Send so many notifications to a user; the last one is on top."""

    def act(user, count):
        for n in range(count):
            audience = audiences.ChosenUsers.named([user.username])
            acts.send(Message(f"Number {n}"), audience=audience)

    return act
