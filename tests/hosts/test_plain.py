"""A project as `startproject` makes it: its own users, sessions, settings and pages."""

import http.cookiejar
import re
import subprocess
import sys
import urllib.parse
import urllib.request
import zipfile

import pytest
from websockets.sync.client import connect

from tests.support.ports import free_port, listens
from tests.support.processes import until

MAKE_ALICE = (
    "from django.contrib.auth.models import User; "
    "User.objects.create_superuser('alice', password='secret')"
)


@pytest.fixture
def shop(host):
    """Set up with as few lines as it takes."""
    host.edit(
        "shop/settings.py", "INSTALLED_APPS = [\n", "INSTALLED_APPS = [\n    'notifications',\n"
    )
    host.edit(
        "shop/settings.py",
        "WSGI_APPLICATION =",
        "ASGI_APPLICATION = 'shop.asgi.application'\nWSGI_APPLICATION =",
    )
    host.edit(
        "shop/asgi.py",
        "application = get_asgi_application()",
        "from notifications import asgi\napplication = asgi.wrap(get_asgi_application())",
    )
    host.edit(
        "shop/urls.py",
        "from django.urls import path",
        "from django.urls import include, path\nfrom notifications import api",
    )
    host.edit(
        "shop/urls.py",
        "urlpatterns = [\n",
        "urlpatterns = [\n    path('', include('notifications.urls')),\n"
        "    path('api/v1/', api.make().urls),\n",
    )
    assert host.changed <= 10
    host.manage("migrate", "-v0")
    host.manage("shell", "-v0", "-c", MAKE_ALICE)
    return host


@pytest.fixture
def origin(shop):
    """Where it serves."""
    port = free_port()
    serve = [sys.executable, "manage.py", "serve", "--port", str(port)]
    log = shop.folder / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            serve, cwd=shop.folder, env=shop.environment, stdout=output, stderr=output
        )
    until(lambda: listens(port), "the host serves", within_s=60)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    assert process.wait(30) == 0
    assert "Traceback" not in log.read_text("utf-8")


class Browser:
    """Who is signed in to the host's admin."""

    def __init__(self, origin):
        self.origin = origin
        self.jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', self.get("/admin/login/"))[1]
        form = {"csrfmiddlewaretoken": token, "username": "alice", "password": "secret"}
        self.get("/admin/login/?next=/admin/", urllib.parse.urlencode(form).encode())

    def get(self, path, body=None):
        with self._opener.open(self.origin + path, body, timeout=30) as answer:
            return answer.read().decode()

    def socket(self):
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)
        return connect(
            f"{self.origin.replace('http', 'ws')}/ws/notifications/",
            origin=self.origin,
            subprotocols=["notifications.v1"],
            additional_headers={"Cookie": cookies},
        )


def test_the_wheel_has_all_of_the_app_and_nothing_else(installed):
    (wheel,) = (installed.parent / "wheels").iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"notifications"}
    for name in (
        "py.typed",
        "migrations/0001_initial.py",
        "templates/notifications/inbox.html",
        "templates/admin/notifications/notification/compose.html",
        "static/notifications/define.js",
        "static/notifications/transports/long-poll.js",
    ):
        assert f"notifications/{name}" in names


def test_an_alert_arrives_in_a_new_project(shop, origin):
    assert "shop" in shop.manage("shell", "-v0", "-c", "import notifications, shop; print(shop)")
    browser = Browser(origin)
    with browser.socket() as socket:
        until(lambda: '"synced"' in socket.recv(timeout=30), "the stream is synced", within_s=30)
        assert "1 recipient" in shop.manage("notify", "Three for two", "--user", "alice")
        assert "Three for two" in socket.recv(timeout=30)
    assert "Three for two" in browser.get("/inbox/")
    assert "Three for two" in browser.get("/admin/notifications/notification/")
    assert "Reaches" not in browser.get("/admin/notifications/notification/add/")
    assert "Three for two" in browser.get("/api/v1/inbox")


def test_code_sends_too_and_the_database_is_sound(shop):
    send = "import notifications; print(notifications.send('Hello', to=notifications.everyone))"
    assert "created=True" in shop.manage("shell", "-v0", "-c", send)
    assert "All is well." in shop.manage("doctor")
    assert "No changes detected" in shop.manage("makemigrations", "--check", "--dry-run")


def test_uninstalling_leaves_nothing(shop):
    shop.manage("migrate", "-v0", "notifications", "zero")
    tables = "from django.db import connection; print(connection.introspection.table_names())"
    assert "notifications_" not in shop.manage("shell", "-v0", "-c", tables)
