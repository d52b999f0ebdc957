"""What the README promises: a server, a command in a second process, and alice who sees it."""

import http.client
import http.cookiejar
import re
import shutil
import signal
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password

from notifications.models import Notification, Status
from tests.conftest import PASSWORD
from tests.support.ports import free_port, listens
from tests.support.processes import Processes, until

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}

pytestmark = pytest.mark.django_db(transaction=True)


class Browser:
    """As much of a browser as a form needs: cookies, redirects and the CSRF field."""

    def __init__(self, site):
        self.site = site
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def get(self, path):
        with self._opener.open(self.site + path, timeout=30) as answer:
            return answer.read().decode()

    def submit(self, path, form):
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path)).group(1)
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token} | form).encode()
        with self._opener.open(self.site + path, data, timeout=30) as answer:
            return answer.read().decode()


@pytest.fixture
def processes(tmp_path):
    with Processes(tmp_path) as running:
        yield running


@pytest.fixture
def site(processes):
    """A server process on a free port; it must stop cleanly, and log no traceback."""
    port = free_port()
    server = processes.manage(
        "runserver", "--noreload", f"127.0.0.1:{port}", NOTIFICATIONS_DISPATCH_IN_SERVER=1
    )

    processes.until(lambda: listens(port), "the server listens")
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    assert server.status in {0, -signal.SIGTERM}


def notify(processes, *arguments):
    command = processes.manage("notify", *arguments)
    return command.wait(), command.output()


def test_a_notification_from_another_process_is_seen_in_the_browser(
    site, processes, alice, charlie
):
    status, said = notify(processes, "Hello", "--user", "alice", "--body", "from the shell")
    assert (status, "sent: 1 recipient." in said) == (0, True)
    for user in (alice, charlie):
        # The server knows only the real hasher.
        user.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
        user.save()
    seen = Browser(site)
    page = seen.submit("/accounts/login/", {"username": "alice", "password": PASSWORD})
    assert "from the shell" in page
    other = Browser(site)
    page = other.submit("/accounts/login/", {"username": "charlie", "password": PASSWORD})
    assert "all caught up" in page


def test_an_unknown_user_is_named_and_nothing_is_sent(site, processes, alice):
    command = processes.manage("notify", "Hello", "--user", "alice", "--user", "nobody")
    assert command.wait() == 1
    assert "Unknown user: 'nobody'. Nothing was sent." in command.output()
    assert not alice.notifications_inbox.items.exists()


def test_the_server_dispatches_what_was_left_to_it(site, alice):
    Notification.objects.bulk_create(
        [Notification(title="Left", audience_kind="everyone", status=Status.SENDING)]
    )
    until(alice.notifications_inbox.items.exists, "the server's dispatcher finds it", within_s=30)


def test_static_files_and_refusals_are_quiet(site, processes):
    browser = Browser(site)
    assert "--nb-page" in browser.get("/static/notifications/page.css")
    for path in ("/ws/nothing/", "/nothing/"):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(site).netloc, timeout=30)
        connection.request("GET", path, headers=HANDSHAKE)
        assert connection.getresponse().status == 403
        connection.close()


def test_make_says_nothing_of_what_it_collected_before(tmp_path):
    shutil.copy(Path(__file__).parents[1] / "Makefile", tmp_path)
    for name in ("accounts", "notifications", "var"):
        (tmp_path / name / "static").mkdir(parents=True)
    for name in ("bundles", "config"):
        (tmp_path / name).mkdir()
    collected = "var/static/staticfiles.json"
    for name in ("requirements.txt", "config/static_files.py", "var/secret_key", collected):
        (tmp_path / name).touch()
    told = subprocess.run(
        ["make", "--dry-run", "run"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stderr == ""
