"""What everybody does in whatever project: set it up, send in each way, hear of it, take it out."""

import http.cookiejar
import re
import urllib.parse
import urllib.request
from contextlib import contextmanager
from html import unescape

from websockets.sync.client import connect

from tests.support.forkserver import start
from tests.support.ports import free_port, listens
from tests.support.processes import until

MAKE_ALICE = """
from django.contrib.auth import get_user_model
alice = get_user_model().objects.create_superuser('alice', password='secret')
"""
SET_UP = f"""
from django.core.management import call_command
call_command('migrate', verbosity=0)
{MAKE_ALICE}
import notifications
print(notifications.send('From code', to=alice))
"""
TAKE_OUT = """
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
call_command('migrate', 'notifications', 'zero', verbosity=0)
print(connection.introspection.table_names())
print(MigrationRecorder(connection).applied_migrations().keys())
"""


def install(host, *, at="", login="admin:login"):
    """The lines that every project needs. Args: at: the path that our urls are included at."""
    host.edit(
        "shop/settings.py", "INSTALLED_APPS = [\n", "INSTALLED_APPS = [\n    'notifications',\n"
    )
    host.edit(
        "shop/settings.py",
        "WSGI_APPLICATION =",
        f"LOGIN_URL = '{login}'\nASGI_APPLICATION = 'shop.asgi.application'\nWSGI_APPLICATION =",
    )
    host.edit(
        "shop/asgi.py",
        "application = get_asgi_application()",
        "from notifications import asgi\napplication = asgi.wrap(get_asgi_application())",
    )
    host.edit(
        "shop/urls.py", "from django.urls import path", "from django.urls import include, path"
    )
    host.edit(
        "shop/urls.py",
        "urlpatterns = [\n",
        f"urlpatterns = [\n    path('{at}', include('notifications.urls')),\n",
    )


@contextmanager
def running(host, *command, port, stopped_by=0):
    """One of its processes, from when it listens until it has ended; it logs no traceback."""
    log = host.folder / f"{port}.log"
    with log.open("wb") as output:
        process = start(list(command), output, host.environment, host.folder)
    try:
        until(lambda: listens(port), "the host serves", within_s=60)
        yield
    finally:
        process.terminate()
        ended = process.wait(60)
    said = log.read_text("utf-8")
    assert ended == stopped_by, said
    assert "Traceback" not in said, said


@contextmanager
def served(host, prefix=""):
    """By `manage.py serve`; where. Args: prefix: the path that the site is below."""
    port = free_port()
    with running(host, "manage.py", "serve", "--port", str(port), port=port):
        yield f"http://127.0.0.1:{port}{prefix}"


class Browser:
    """Who is signed in to the host's admin."""

    def __init__(self, origin, *, admin="/admin/", at="/"):
        """Args: origin: with the path that the site is below. at: where our urls are."""
        self.origin, self.admin, self._at = origin, admin, at
        self.jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        login = f"{admin}login/?next={urllib.parse.urlsplit(origin).path}{admin}"
        self.post(login, username="alice", password="secret")

    def get(self, path, body=None):
        with self._opener.open(self.origin + path, body, timeout=60) as answer:
            return answer.read().decode()

    def post(self, path, **fields):
        """Fill in the form that is there."""
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', self.get(path))[1]
        fields |= {"csrfmiddlewaretoken": token}
        return self.get(path, urllib.parse.urlencode(fields, doseq=True).encode())

    def send(self, title):
        """Compose, review and send, to alice; the page that tells of it."""
        add = f"{self.admin}notifications/notification/add/"
        form = {"title": title, "kind": "users", "users": "alice", "level": "info"}
        page = self.post(add, **form, category="general", key=title, _review="")
        assert "Reaches <strong>1</strong> person" in page
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
        fields = {name: unescape(value) for name, value in hidden}
        return self.post(add, **(fields | {"_send": ""}))

    def socket(self):
        """A WebSocket that has caught up."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)
        return socket_of(self.origin, cookies, at=self._at)


@contextmanager
def socket_of(origin, cookies, *, at="/"):
    """A WebSocket that has caught up. Args: origin: with the path that the site is below."""
    scheme, host, *_ = urllib.parse.urlsplit(origin)
    with connect(
        f"{origin.replace('http', 'ws', 1)}{at}ws/notifications/",
        origin=f"{scheme}://{host}",
        subprotocols=["notifications.v1"],
        additional_headers={"Cookie": cookies},
    ) as socket:
        until(lambda: '"synced"' in socket.recv(timeout=60), "it has caught up", within_s=60)
        yield socket


def hears(socket, title):
    until(lambda: title in socket.recv(timeout=60), f"{title!r} arrives", within_s=60)


def taken(host, browser):
    """Send from code, from the command and from the admin; then take the app out again."""
    with browser.socket() as socket:
        assert "1 recipient" in host.manage("notify", "From the command", "--user", "alice")
        hears(socket, "From the command")
        browser.send("From the admin")
        hears(socket, "From the admin")
    page = browser.get(f"{browser._at}inbox/")
    for title in ("From code", "From the command", "From the admin"):
        assert title in page
    assert "From code" in browser.get(f"{browser._at}api/v1/inbox")


def is_gone(host):
    left = host.ask(TAKE_OUT)
    assert "auth_user" in left
    assert "notifications" not in left
