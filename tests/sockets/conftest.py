"""Servers are real processes on the test's own database, and clients know the protocol's page only.

The tests commit, and share servers, so the database is not emptied between them: each has users
of its own. It is emptied when the last of them has run and the servers are gone.
"""

from __future__ import annotations

import signal
from itertools import count

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.db import connection

from accounts.models import Session
from accounts.sessions import SessionStore
from notifications.models import Inbox, InboxItem
from tests.sockets.sender import start_sender
from tests.support.client import SocketClient
from tests.support.connection import LoopThread
from tests.support.emptying import empty_tables
from tests.support.http_client import CLIENTS
from tests.support.redis_server import RedisServer
from tests.support.servers import DAPHNE, SESSION_COOKIE, UVICORN, Servers

# On SQLite each of the two servers, which no Redis joins; on PostgreSQL two of the one that
# production runs, with Redis between them.
ON_SQLITE = connection.vendor == "sqlite"
KINDS = [DAPHNE, UVICORN] if ON_SQLITE else [UVICORN]
# What frames, requests and proxies are to a server is the same on PostgreSQL.
ON_ANY_DATABASE = (
    "bad_frames", "bodies", "client", "diagnostics", "drain", "echo", "floods", "handshake",
    "heartbeats", "http_streams", "limits", "logs", "nginx", "proxy", "refusals_logged", "shutdown",
    "sub_path", "unix_socket", "window",
)  # fmt: skip
# Servers that share a SQLite file need no Redis, and have none.
collect_ignore = [
    f"test_{name}.py" for name in (["listen", "redis"] if ON_SQLITE else ON_ANY_DATABASE)
]
WEBSOCKET, SSE, POLL = TRANSPORTS = ("websocket", "sse", "poll")
# What carries a stream knows of no database: on PostgreSQL one of each kind is enough.
OVER_HTTP, OVER_ALL = ((SSE, POLL), TRANSPORTS) if ON_SQLITE else ((POLL,), (WEBSOCKET,))
over_http = pytest.mark.parametrize("transport", OVER_HTTP, indirect=True)
over_all = pytest.mark.parametrize("transport", OVER_ALL, indirect=True)
# What nobody can sign in by.
NO_PASSWORD = "!"

_numbers = count()


# --- Processes, shared by all tests ---------------------------------------------------------------


@pytest.fixture(scope="package")
def emptied(django_db_setup, django_db_blocker):
    """The database, emptied in the end."""
    yield
    with django_db_blocker.unblock():
        empty_tables()
        connection.close()


@pytest.fixture(scope="package")
def redis(emptied):
    """On PostgreSQL: a Redis server of our own."""
    if ON_SQLITE:
        yield None
        return
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="package")
def clients():
    with LoopThread() as clients:
        yield clients


@pytest.fixture(scope="package")
def servers(emptied, redis, django_db_blocker, tmp_path_factory):
    settings = {} if redis is None else {"REDIS_URL": redis.url}
    servers = Servers(tmp_path_factory.mktemp("servers"), **settings)
    yield servers
    with django_db_blocker.unblock():
        servers.stop_all()
    assert not servers.complaints()


@pytest.fixture(scope="module", autouse=True)
def special_servers_end(servers):
    """No other module has a use for them."""
    yield
    servers.stop_special()


@pytest.fixture(autouse=True)
def transactional_db(emptied, django_db_blocker):
    """In place of pytest-django's, which empties the database after each test."""
    with django_db_blocker.unblock():
        yield
        connection.close()


@pytest.fixture(autouse=True)
def no_complaints(servers, transactional_db):
    yield
    assert not servers.complaints()


# What these test is the server's own doing, so on SQLite they run on both. All others run on the
# one that `make run` starts; on PostgreSQL everything runs on the one of production.
ABOUT_SERVERS = {
    f"test_{name}"
    for name in (
        "bad_frames", "bodies", "diagnostics", "drain", "echo", "floods", "handshake",
        "http_streams", "limits", "logs", "proxy", "shutdown", "storm", "window",
    )
}  # fmt: skip


def pytest_generate_tests(metafunc):
    if "kind" in metafunc.fixturenames:
        name = metafunc.module.__name__.rpartition(".")[2]
        kinds = KINDS if name in ABOUT_SERVERS else KINDS[:1]
        metafunc.parametrize("kind", kinds, indirect=True)


@pytest.fixture
def kind(request):
    return request.param


@pytest.fixture
def site(servers, kind):
    """A server with the default settings."""
    return servers.get(kind)


@pytest.fixture
def other_site(servers, kind):
    """Another process on the same database: of the other kind, where there are two."""
    if ON_SQLITE:
        return servers.get(KINDS[1 - KINDS.index(kind)])
    return servers.get(kind, replica=1)


@pytest.fixture
def start_server(servers):
    """Start a server that nobody else uses; it is stopped when all clients have gone.

    Call it with ``may_warn`` where what is around it is broken on purpose.
    """
    started = []

    def start(kind, *, may_warn=False, **settings):
        site = servers.start(kind, **settings)
        site.may_warn = may_warn
        started.append(site)
        return site

    yield start
    for site in started:
        assert site.stop() in {0, -signal.SIGTERM}
    assert not [line for site in started for line in site.new_complaints()]


@pytest.fixture(scope="package")
def shared_sender(servers, django_db_blocker):
    with django_db_blocker.unblock():
        return start_sender(servers)


@pytest.fixture
def sender(shared_sender):
    """Sends from another process than the servers and the test."""
    return shared_sender


@pytest.fixture
def notify(servers):
    """Run ``manage.py notify``; it must succeed."""

    def run(*arguments, **settings):
        command = servers.manage("notify", *arguments, **settings)
        assert command.wait() == 0, command.report()
        return command

    return run


# --- People and their clients ---------------------------------------------------------------------


@pytest.fixture
def user(transactional_db):
    """Make a user whose name begins so; alice, bob and charlie are made by this one here."""

    def create(name):
        return get_user_model().objects.create(
            username=f"{name}-{next(_numbers)}", password=NO_PASSWORD
        )

    return create


def row_of(session):
    """The row of the session that a cookie's key stands for, as a queryset."""
    return Session.objects.filter(pk=Session.row_key(session))


@pytest.fixture
def sign_in(transactional_db):
    """Sign a user in; the session's key."""

    def create(user, expires_in_s=3600):
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.set_expiry(expires_in_s)
        session.create()
        return session.session_key

    return create


@pytest.fixture
def transport(request):
    """What carries the stream; a test is about all of them where it is ``over_all`` of them."""
    return getattr(request, "param", WEBSOCKET)


@pytest.fixture
def connect(clients, sign_in, start_server, transport):
    """Open a client of a user; in the end it must have seen nothing that the protocol forbids,
    and nothing of anybody else's.
    """
    opened = []

    def act(user, site, *, transport=transport, **options):
        cookie = ("Cookie", f"{SESSION_COOKIE}={sign_in(user)}")
        options = {"origin": site.origin, "headers": [cookie], **options}
        if transport == WEBSOCKET:
            client = SocketClient(clients, site.url(), **options)
        else:
            client = CLIENTS[transport](clients, site.origin, **options)
        client.open()
        opened.append((user, client))
        return client

    yield act
    for _, client in opened:
        client.close()
    for user, client in opened:
        assert not client.violations, client
        assert ids_seen(client) <= ids_of(user), f"{user} got what is somebody else's: {client}"


@pytest.fixture
def charlie_watches(charlie, connect):
    """Charlie has a socket open on this server, on which nothing may come that is not his."""
    watching = []

    def act(site):
        watching.append(connect(charlie, site).until_synced())

    yield act
    revision = Inbox.objects.get(user=charlie).revision
    for client in watching:
        client.until_revision(revision).until_answered()
        assert client.state.revision == revision


@pytest.fixture(autouse=True)
def charlie_watches_the_site(request, no_complaints):
    """Whatever a test does to a server: charlie's socket there stays open, and sees none of it."""
    if "site" in request.fixturenames:
        # In this order: a site of the test's own is stopped after charlie has left it.
        site = request.getfixturevalue("site")
        request.getfixturevalue("charlie_watches")(site)


def ids_seen(client):
    """The ids of all notifications that any frame named."""
    seen = set()
    for frame in client.frames:
        seen |= {one["id"] for one in frame.get("notifications", ())}
        seen |= set(frame.get("removed", ()))
    return seen


def ids_of(user):
    """The ids of all notifications that are or were in a user's inbox."""
    items = InboxItem.objects.filter(inbox__user=user)
    return {str(pk) for pk in items.values_list("notification_id", flat=True)}
