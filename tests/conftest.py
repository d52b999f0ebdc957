"""The people of the tests: alice, bob, charlie who may see nothing, and staff admin."""

import gc
from collections import defaultdict
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models.signals import post_save, pre_save
from django.test import Client, TransactionTestCase
from django.test.utils import CaptureQueriesContext

from accounts import throttles as sign_in_throttles
from accounts.models import Session
from notifications.credentials import keys, revocation, throttles, tokens
from notifications.credentials.signals import access_revoked
from notifications.process import log_limits
from notifications.sending import on_save
from tests.support import database_threads, examples, far_ids
from tests.support.emptying import empty_tables
from tests.support.once import once
from tests.support.sessions import login_by
from tests.support.static_files import collect, look_once
from tests.support.twins import is_twin

PASSWORD = "correct horse battery"
# To a browser, to the echo and to a smoke test of benchmarks all databases are the same.
collect_ignore = (
    [] if connection.vendor == "sqlite" else ["benchmarks", "browser", "test_conformance.py"]
)
# What takes longest begins first, or one worker would be at it when the others are done.
FIRST = (
    "browser", "sockets", "faults", "docs", "config", "test_conformance.py", "hosts",
    "notifications/models", "notifications/stream",
)  # fmt: skip

far_ids.begin_far_away()
examples.load()


def pytest_itemcollected(item):
    """Tell apart what asks for a database, and of that what is the same on any."""
    if item.get_closest_marker("django_db") or "django_db_setup" in item.fixturenames:
        item.add_marker("database")
    below = Path(__file__).parent
    if is_twin(f"{item.path.relative_to(below)}::{item.name}"):
        item.add_marker("any_database")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """All files of a folder stand together: what they share is made once by each worker."""
    here = Path(__file__).parent

    def place(item):
        path = item.path.relative_to(here)
        return next((n for n, one in enumerate(FIRST) if path.is_relative_to(one)), len(FIRST))

    items.sort(key=place)


def pytest_collection_finish():
    """What is loaded by now stays: it is not looked through again and again for what may go."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown():
    """Before any fixture ends, the database's too."""
    database_threads.renew()


@pytest.fixture(scope="session", autouse=True)
def quick_emptying():
    """After tests that commit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: empty_tables())
        yield


@pytest.fixture(scope="session", autouse=True)
def static_files_are_looked_for_once():
    with pytest.MonkeyPatch.context() as patch:
        look_once(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def forced_end_of_the_database():
    """PostgreSQL's, of whoever is at it: a thread of a server under test may just look there."""

    def drop(self, name, verbosity):
        self.connection.close_pool()
        with self._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {self.connection.ops.quote_name(name)} WITH (FORCE)")

    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "postgresql":
            patch.setattr(type(connection.creation), "_destroy_test_db", drop)
        yield


@pytest.fixture(autouse=True)
def fast_passwords(settings):
    # The real hasher takes a third of a second for each try, on purpose.
    fast = "django.contrib.auth.hashers.MD5PasswordHasher"
    settings.PASSWORD_HASHERS = [fast, *settings.PASSWORD_HASHERS]


@pytest.fixture(autouse=True)
def full_buckets():
    """All tests come from one address."""
    for one in (*throttles.ALL, *sign_in_throttles.ALL):
        one.clear()


@pytest.fixture(autouse=True)
def untold():
    """What one test has logged counts for no other."""
    log_limits.PROCESS.clear()


@pytest.fixture(scope="session")
def collected(tmp_path_factory):
    """Static files as a site in production has them; a test that changes some copies them."""
    return once(tmp_path_factory, "static", collect)


@pytest.fixture
def password():
    return PASSWORD


@pytest.fixture
def user(db, fast_passwords):
    """Make a user by name."""

    def create(name, **fields):
        return get_user_model().objects.create_user(name, f"{name}@example.com", PASSWORD, **fields)

    return create


@pytest.fixture
def alice(user):
    return user("alice")


@pytest.fixture
def bob(user):
    return user("bob")


@pytest.fixture
def charlie(user):
    return user("charlie")


@pytest.fixture
def admin(user):
    return user("admin", is_staff=True, is_superuser=True)


@pytest.fixture
def api_key(db):
    """Make an API key; its row and the key."""

    def create(*scopes, **fields):
        return keys.make(fields.pop("name", "shop"), scopes, **fields)

    return create


@pytest.fixture
def session_of():
    """Sign a user in; the session's row."""

    def create(user):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return Session.objects.get(pk=Session.row_key(client.session.session_key))

    return create


@pytest.fixture
def token_of(session_of):
    """Make a token for a user, by a session of theirs or by the key that is given."""

    def create(user, *origins, api_key=None):
        session = None if api_key else login_by(session_of(user))
        return tokens.issue(user, origins=origins, session=session, api_key=api_key)[0]

    return create


@pytest.fixture
def rules_are_forgotten(monkeypatch):
    """What `on_save` is told in a test counts for no other."""
    rules = defaultdict(list)
    monkeypatch.setattr(on_save, "_rules", rules)
    yield
    for model, signal in product(rules, (pre_save, post_save)):
        assert signal.disconnect(sender=model, dispatch_uid=f"on_save {model._meta.label}")


@pytest.fixture
def django_assert_num_queries():
    """pytest-django's, which says what was asked only where pytest is verbose."""

    @contextmanager
    def asks(count):
        with CaptureQueriesContext(connection) as asked:
            yield asked
        said = [query["sql"] for query in asked.captured_queries]
        assert len(said) == count, "\n".join(said)

    return asks


@pytest.fixture
def revoked():
    """The user ids of each time that it was said."""
    said = []

    def listen(user_ids, **_kwargs):
        said.append(set(user_ids))

    # What another test has rolled back is not ours.
    revocation._waiting.user_ids.clear()
    access_revoked.connect(listen)
    yield said
    access_revoked.disconnect(listen)
