"""Sessions of each of Django's engines: what ends one ends what it has opened, and nothing else.

One project, and a server for each engine beside another process that does what ends access. All but
one of the servers look again by themselves once an hour only: what ends there, was told.
"""

import json
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from tests.hosts import journey
from tests.hosts.conftest import Host
from tests.support.client import SocketClient
from tests.support.connection import LoopThread
from tests.support.http_client import CLIENTS

ENGINES = ("db", "cached_db", "cache", "file", "signed_cookies")
# A second, on a machine that is busy with all other tests.
SOON_S = 20
HOUR_S = 3600
CSRF = "csrf" * 8
SETTINGS = """
import os
INSTALLED_APPS += ["shop"]
SESSION_ENGINE = f"django.contrib.sessions.backends.{os.environ.get('ENGINE', 'db')}"
SESSION_FILE_PATH = BASE_DIR / "sessions"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": BASE_DIR / "cached",
    }
}
# As sites on WSGI have them.
DATABASES["default"] |= {"ATOMIC_REQUESTS": True, "CONN_MAX_AGE": 600}
# And as a check of ours asks for, or a request that reads before it writes may fail.
DATABASES["default"]["OPTIONS"] |= {"transaction_mode": "IMMEDIATE"}
NOTIFICATIONS_ACCESS_CHECK_S = float(os.environ.get("CHECK_S", 3600))
"""
MODELS = """
from django.contrib.auth.models import User

class Clerk(User):
    class Meta:
        proxy = True
"""
# Does what it is told, a line of code each, and says what has become of `answer`.
HAND = """
import json, os, sys
from importlib import import_module
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
import django
django.setup()
import notifications
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from shop.models import Clerk

def store(engine, key=None):
    return import_module(f"django.contrib.sessions.backends.{engine}").SessionStore(key)

def sign_in(engine, name, expires_in_s=3000):
    user = User.objects.filter(username=name).first()
    user = user or User.objects.create_superuser(name, password="secret")
    session = store(engine)
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.set_expiry(expires_in_s)
    session.save() if engine == "signed_cookies" else session.create()
    return session.session_key

def save(name, **fields):
    user = User.objects.get(username=name)
    for field, value in fields.items():
        setattr(user, field, value)
    user.save()

for line in sys.stdin:
    here = dict(globals())
    exec(json.loads(line), here)
    print(json.dumps(here.get("answer")), flush=True)
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory, installed):
    host = Host(tmp_path_factory.mktemp("shop"), installed)
    journey.install(host)
    host.add("shop/settings.py", SETTINGS)
    host.write("shop/models.py", MODELS)
    host.write("shop/migrations/__init__.py", "")
    host.write("hand.py", HAND)
    (host.folder / "sessions").mkdir()
    host.manage("migrate", "-v0")
    return host


@pytest.fixture(scope="module")
def hand(shop):
    """Another process of the project; a function that has it do something."""
    with subprocess.Popen(
        [sys.executable, "hand.py"], cwd=shop.folder, env=shop.environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip

        def do(code):
            process.stdin.write(f"{json.dumps(code)}\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield do
    assert process.returncode == 0


@pytest.fixture(scope="module")
def origins(shop):
    """Where the server of each engine is; they start together."""

    def of(engine):
        check_s = 1 if engine == "signed_cookies" else HOUR_S
        more = {"ENGINE": engine, "CHECK_S": str(check_s)}
        return SimpleNamespace(folder=shop.folder, environment=shop.environment | more)

    with ExitStack() as stack, ThreadPoolExecutor(len(ENGINES)) as pool:
        starting = [journey.served(of(engine)) for engine in ENGINES]
        yield dict(zip(ENGINES, pool.map(stack.enter_context, starting), strict=True))


@pytest.fixture(scope="module")
def clients():
    with LoopThread() as clients:
        yield clients


class Browser:
    """One session, and what it has opened."""

    def __init__(self, engine, origin, name, cookie, clients):
        self.engine, self.origin, self.name, self.cookie = engine, origin, name, cookie
        self._clients = clients
        self.streams = []

    def opens(self, *transports, state=None, **options):
        for transport in transports:
            options = {"origin": self.origin, "headers": [self._cookies()], **options}
            if transport == "websocket":
                url = f"{self.origin.replace('http', 'ws')}/ws/notifications/"
                stream = SocketClient(self._clients, url, state=state, **options)
            else:
                stream = CLIENTS[transport](self._clients, self.origin, state=state, **options)
            self.streams.append(stream.open())
        return self

    def is_synced(self):
        for stream in self.streams:
            stream.until_synced()
        return self

    def asks(self, path, body=None, kind="application/x-www-form-urlencoded"):
        """As a page of the site does. Returns: what came; a new cookie is kept."""
        headers = {"Content-Type": kind, "X-CSRFToken": CSRF}
        headers |= dict([self._cookies()])
        request = urllib.request.Request(f"{self.origin}{path}", body, headers)
        with urllib.request.build_opener(NoRedirect).open(request, timeout=60) as answer:
            for said in answer.headers.get_all("Set-Cookie", ()):
                if found := re.match(r'sessionid="?([^;"]*)', said):
                    self.cookie = found[1]
            return answer.read()

    def posts(self, path, **fields):
        form = {"csrfmiddlewaretoken": CSRF, **fields}
        self.asks(path, urllib.parse.urlencode(form).encode())

    def is_signed_out(self, within_s=SOON_S):
        codes = {stream.until_closed(within_s) for stream in self.streams}
        if self.engine == "signed_cookies" and 4202 in codes:
            # It was asked to come again with its cookie before that was worth nothing.
            again = self.opens("websocket").streams[-1]
            codes = codes - {4202} | {again.until_closed(within_s)}
        assert codes <= {4001, 401}, f"{self.engine}, {self.name}: {codes}"

    def close(self):
        for stream in self.streams:
            stream.close()
            assert not stream.violations, stream

    def _cookies(self):
        return "Cookie", f"csrftoken={CSRF}; sessionid={self.cookie}"


class NoRedirect(urllib.request.HTTPErrorProcessor):
    def http_response(self, _request, response):
        return response


@pytest.fixture
def browser(origins, hand, clients):
    """Sign somebody in, in a project of this engine."""
    opened = []

    def act(engine, name, **options):
        name = f"{name}-{engine}"
        given = "".join(f", {key}={value!r}" for key, value in options.items())
        cookie = hand(f"answer = sign_in({engine!r}, {name!r}{given})")
        opened.append(Browser(engine, origins[engine], name, cookie, clients))
        return opened[-1]

    yield act
    for one in opened:
        one.close()


each_engine = pytest.mark.parametrize("engine", ENGINES)
in_store = pytest.mark.parametrize("engine", ENGINES[:-1])


# What another process does, and its servers are told of, whatever the engine.
OF_A_USER = {
    "password": "user = User.objects.get(username={name!r}); user.set_password('x'); user.save()",
    "activity": "save({name!r}, is_active=False)",
    "by a proxy": "clerk = Clerk.objects.get(username={name!r}); clerk.is_active = 0; clerk.save()",
    "deletion": "User.objects.get(username={name!r}).delete()",
    "deletion by a proxy": "Clerk.objects.get(username={name!r}).delete()",
}
OF_A_ROW = {
    "flush": "store({engine!r}, {cookie!r}).flush()",
    "rows": "Session.objects.filter(pk={cookie!r}).delete()",
    "clearing": (
        "from django.utils import timezone;"
        "Session.objects.filter(pk={cookie!r}).update(expire_date=timezone.now());"
        "call_command('clearsessions')"
    ),
}


@each_engine
def test_what_another_process_ends_is_over_soon_and_all_else_goes_on(engine, browser, hand):
    causes = OF_A_USER | (OF_A_ROW if engine in {"db", "cached_db"} else {})
    ended = {
        cause: browser(engine, cause.replace(" ", "-")).opens("websocket", "poll")
        for cause in causes
    }
    stays = browser(engine, "stays").opens("sse" if engine == "signed_cookies" else "websocket")
    for one in (*ended.values(), stays):
        one.is_synced()
    for cause, one in ended.items():
        hand(causes[cause].format(name=one.name, cookie=one.cookie, engine=engine))
    for one in ended.values():
        one.is_signed_out()
    hand(f"notifications.send('Go on', to=User.objects.get(username={stays.name!r}))")
    stays.streams[0].until_revision(1)


@in_store
def test_who_signs_out_ends_what_that_session_has_opened(engine, browser, hand):
    leaves = browser(engine, "leaves").opens("websocket", "sse", "poll")
    elsewhere = browser(engine, "leaves").opens("websocket")
    token = json.loads(leaves.asks("/api/v1/tokens", b"{}", "application/json"))["token"]
    offered = ["notifications.v1", f"token.{token}"]
    leaves.opens("websocket", origin=None, headers=[], subprotocols=offered).is_synced()
    elsewhere.is_synced()
    leaves.posts("/admin/logout/")
    leaves.is_signed_out()
    hand(f"notifications.send('Go on', to=User.objects.get(username={leaves.name!r}))")
    elsewhere.streams[0].until_revision(1)
    assert not elsewhere.streams[0].of_type("bye")


def test_a_signed_cookie_has_to_come_again_and_who_has_none_any_more_is_signed_out(browser, hand):
    engine = "signed_cookies"
    leaves, stays = [browser(engine, "leaves").opens("websocket").is_synced() for _ in range(2)]
    leaves.posts("/admin/logout/")
    assert leaves.cookie == ""
    hand(f"notifications.send('Go on', to=User.objects.get(username={stays.name!r}))")
    for one in (leaves, stays):
        assert one.streams[0].bye["code"] == 4202
    held, leaves.streams = leaves.streams[0], []
    held.close()
    leaves.opens("websocket").is_signed_out()
    again = browser(engine, "leaves")
    again.cookie = stays.cookie
    again.opens("websocket", state=stays.streams[0].state).streams[0].until_revision(1)


@each_engine
def test_ones_own_new_password_costs_one_question_and_no_notification(engine, browser, hand):
    """The client asks once who it is, with the cookie that the answer has brought."""
    changes = browser(engine, "changes").opens("websocket").is_synced()
    elsewhere = browser(engine, "changes").opens("websocket").is_synced()
    (stream,), before = changes.streams, changes.cookie
    new = "Quite another 1"
    changes.posts(
        "/admin/password_change/", old_password="secret", new_password1=new, new_password2=new
    )
    assert changes.cookie != before
    changes.is_signed_out()
    elsewhere.is_signed_out()
    hand(f"notifications.send('Meanwhile', to=User.objects.get(username={changes.name!r}))")
    who = json.loads(changes.asks("/api/v1/session"))["user"]
    assert who == stream.hello["user"]
    changes.streams = []
    changes.opens("websocket", state=stream.state).streams[0].until_revision(1)


def test_a_session_that_expires_ends_what_it_has_opened(browser):
    opened = [
        browser(engine, "expires", expires_in_s=8).opens("websocket", "sse") for engine in ENGINES
    ]
    for one in opened:
        # The cookie alone has to come again, before or after.
        told = {4001, 4202} if one.engine == "signed_cookies" else {4001}
        assert {stream.until_closed(SOON_S) for stream in one.streams} <= told, one.engine
