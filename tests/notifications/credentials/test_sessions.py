"""Who is signed in, where a project says nothing of its sessions: any engine of Django will do."""

import pickle
from datetime import timedelta
from importlib import import_module

import pytest
from django.contrib.auth import HASH_SESSION_KEY, get_user_model
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.contrib.sessions.backends import cache as in_cache
from django.contrib.sessions.backends import db
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from notifications.credentials import engines, sessions, tokens
from tests.notifications.credentials.conftest import BACKEND

STORED = ["db", "cached_db", "cache", "file"]


# Not that whose cookie holds the session itself: there is nothing to end or to change.
stored = pytest.mark.parametrize("engine", STORED, indirect=True)


of_many = pytest.mark.parametrize("engine", ["db", "cached_db", "cache"], indirect=True)


def cookie_of(user, client=None, backend=BACKEND):
    client = client or Client()
    client.force_login(user, backend=backend)
    return client.session.session_key


def names(cookies):
    found = sessions.finder().logins_of(cookies)
    return [login and login.user.username for login in found]


def test_each_cookie_tells_its_user(engine, alice, bob):
    cookies = [cookie_of(alice), "x" * 32, cookie_of(bob), "\0" * 32, "é" * 32]
    assert names(cookies) == ["alice", None, "bob", None, None]
    assert [sessions.finder().is_key(one) for one in cookies] == [True, True, True, False, False]
    login, _ = sessions.finder().logins_of(cookies[:2])
    assert timezone.now() < login.expires_at
    assert sessions.finder().still_of([login.session_key])[0].user == alice


def test_an_anonymous_session_is_nobodys(engine, db):
    store = import_module(f"django.contrib.sessions.backends.{engine}").SessionStore()
    store["colour"] = "green"
    store.save()
    assert names([store.session_key]) == [None]


def deactivate(user, settings):
    type(user).objects.filter(pk=user.pk).update(is_active=False)


def change_password(user, settings):
    user.set_password("another long word")
    user.save()


def distrust_the_backend(user, settings):
    settings.AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend"]


def delete(user, settings):
    user.delete()


@pytest.mark.parametrize("end", [deactivate, change_password, distrust_the_backend, delete])
def test_it_ends_with_what_it_rests_on(engine, alice, settings, end):
    cookie = cookie_of(alice)
    (login,) = sessions.finder().logins_of([cookie])
    end(alice, settings)
    assert names([cookie]) == [None]
    assert sessions.finder().still_of([login.session_key]) == [None]


@stored
def test_nothing_is_written_to_a_session_whoever_has_signed_it(engine, alice, settings):
    """Django would end it, or give it another key, which no cookie has."""
    cookie = cookie_of(alice)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    before = dict(store(cookie).items())
    old, settings.SECRET_KEY = settings.SECRET_KEY, "a new one"
    settings.SECRET_KEY_FALLBACKS = [old]
    assert names([cookie]) == ["alice"]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = old, []
    assert dict(store(cookie).items()) == before
    session = store(cookie)
    session[HASH_SESSION_KEY] = "another"
    session.save()
    assert names([cookie]) == [None]
    assert dict(store(cookie).items()) == before | {HASH_SESSION_KEY: "another"}


@stored
def test_a_token_ends_with_the_session_that_made_it(engine, alice, bob):
    client = Client()
    (login,) = sessions.finder().logins_of([cookie_of(alice, client)])
    token, _ = tokens.issue(alice, origins=[], session=login)
    foreign, _ = tokens.issue(bob, origins=[], session=login)
    assert tokens.find(token).user == alice
    assert tokens.find(foreign) is None
    client.session.flush()
    assert tokens.find(token) is None


def test_the_api_makes_tokens_and_takes_them(engine, alice):
    client = Client()
    cookie_of(alice, client)
    made = client.post("/api/v1/tokens", {}, content_type="application/json")
    assert made.status_code == 201
    bearer = {"authorization": f"Bearer {made.json()['token']}"}
    assert Client().get("/api/v1/session", headers=bearer).status_code == 200


@of_many
def test_many_are_looked_up_by_one_query_and_their_users_by_another(
    engine, user, django_assert_num_queries
):
    people = [user(f"user{number}") for number in range(8)]
    cookies = [cookie_of(one) for one in people]
    with django_assert_num_queries(1 if engine == "cache" else 2):
        assert names([*cookies, "x" * 32, "\0", *cookies]) == [
            *(one.username for one in people), None, None, *(one.username for one in people),
        ]  # fmt: skip


class Named(ModelBackend):
    """Lets in who bears this name, and looks as Django's does."""

    def user_can_authenticate(self, user):
        return user.username == "bob"


class Own(BaseBackend):
    """Looks in a way of its own."""

    def get_user(self, user_id):
        return get_user_model().objects.filter(pk=user_id, username="alice").first()


def test_each_backend_has_its_say(engine, alice, bob, settings):
    here = [f"{__name__}.{one.__name__}" for one in (Named, Own)]
    settings.AUTHENTICATION_BACKENDS = [BACKEND, *here]
    cookies = [cookie_of(user, backend=one) for one in (BACKEND, *here) for user in (alice, bob)]
    assert names(cookies) == ["alice", "bob", None, "bob", "alice", None]
    bob.is_active = False
    bob.save()
    assert names(cookies) == ["alice", None, None, "bob", "alice", None]


@of_many
def test_a_session_without_sense_keeps_nobody_else_out(engine, alice, settings):
    good = cookie_of(alice)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    odd = []
    for data in (
        {"_auth_user_id": "x", "_auth_user_backend": BACKEND},
        {"_auth_user_id": None},
        {},
    ):
        session = store()
        session.update(data)
        session.save()
        odd.append(session.session_key)
    if engine == "cache":
        session = store()
        session._cache.set(session.cache_key, "no session at all")
        odd.append(session.session_key)
    assert names([*odd, good, *odd, "x" * 5000]) == [
        *[None] * len(odd),
        "alice",
        *[None] * (len(odd) + 1),
    ]


class Raising(in_cache.SessionStore):
    """One whose cache raises what a test wants."""

    def __init__(self, session_key=None):
        super().__init__(session_key)
        self._cache = Cache(self._cache)


class Cache:
    raises, key = None, ""

    def __init__(self, cache):
        self._cache = cache

    def get(self, name):
        if self.key in name:
            raise self.raises
        return self._cache.get(name)

    def get_many(self, names):
        for name in names:
            self.get(name)
        return self._cache.get_many(names)


@pytest.fixture
def broken(engine, monkeypatch):
    """Let the cache fail with this error, at the names that hold this key."""

    def act(error, key=""):
        monkeypatch.setattr(Cache, "raises", error)
        monkeypatch.setattr(Cache, "key", key)
        monkeypatch.setattr(engines, "engine", lambda: Raising)

    return act


@pytest.mark.parametrize("engine", ["cache"], indirect=True)
def test_a_cache_that_does_not_answer_signs_nobody_out(engine, alice, broken):
    """Django takes it for an empty one."""
    cookie = cookie_of(alice)
    broken(ConnectionError("gone"))
    with pytest.raises(ConnectionError):
        names([cookie, "x" * 32])


@pytest.mark.parametrize("engine", ["cache"], indirect=True)
def test_what_a_cache_cannot_read_is_nobodys_session(engine, alice, bob, broken):
    good, bad = cookie_of(alice), cookie_of(bob)
    broken(pickle.UnpicklingError("torn"), bad)
    assert names([bad, good]) == [None, "alice"]


class Suffixed(db.SessionStore):
    """Keeps a session under another key than the cookie's."""

    def load(self):
        session = db.SessionStore(self.session_key.removesuffix("-own"))
        return session.load()


@pytest.mark.parametrize("engine", ["db"], indirect=True)
def test_an_engine_that_reads_in_its_own_way_is_left_to_it(engine, alice, monkeypatch):
    cookie = cookie_of(alice)
    monkeypatch.setattr(engines, "engine", lambda: Suffixed)
    assert names([f"{cookie}-own", "x" * 32]) == ["alice", None]


@pytest.mark.parametrize("engine", ["cached_db"], indirect=True)
def test_a_row_that_is_gone_ends_the_session_though_a_cache_holds_it(engine, alice):
    cookie = cookie_of(alice)
    session = import_module(f"django.contrib.sessions.backends.{engine}").SessionStore
    session.get_model_class().objects.filter(pk=cookie).delete()
    assert session(cookie).get("_auth_user_id") == str(alice.pk)
    assert names([cookie]) == [None]


def test_the_end_of_a_session_is_known_where_its_engine_knows_it(engine, alice, settings):
    settings.SESSION_COOKIE_AGE = 1000
    client = Client()
    cookie_of(alice, client)
    session = client.session
    soon = timezone.now() + timedelta(seconds=300)
    session.set_expiry(soon)
    session.save()
    (login,) = sessions.finder().logins_of([session.session_key])
    assert abs(login.expires_at - soon) < timedelta(seconds=5)
    assert (login.fresh_until is not None) == (engine == "signed_cookies")


@pytest.mark.parametrize("engine", ["file", "signed_cookies"], indirect=True)
def test_a_session_that_is_over_is_nobodys_and_no_other_is_begun(engine, alice, tmp_path):
    client = Client()
    cookie_of(alice, client)
    session = client.session
    session.set_expiry(timezone.now() - timedelta(seconds=1))
    session.save()
    before = sorted(tmp_path.iterdir())
    assert names([session.session_key]) == [None]
    assert sorted(tmp_path.iterdir()) == before


def test_the_key_of_a_session_is_stored_and_shown_nowhere(engine, alice, capsys):
    cookie = cookie_of(alice)
    (login,) = sessions.finder().logins_of([cookie])
    token, _ = tokens.issue(alice, origins=[], session=login)
    call_command("dumpdata", "notifications")
    assert cookie not in capsys.readouterr().out
    assert cookie not in f"{login!r}{tokens.find(token)!r}"
    (still,) = tokens.still_of([(tokens.find(token).token_id, cookie)])
    assert still.user == alice
    assert tokens.still_of([(still.token_id, "x" * 32)]) == [None]


@pytest.mark.parametrize("engine", ["signed_cookies"], indirect=True)
def test_what_the_cookie_alone_says_is_believed_for_as_long_as_nobody_looks(
    engine, alice, settings
):
    settings.NOTIFICATIONS_ACCESS_CHECK_S = 40
    (login,) = sessions.finder().logins_of([cookie_of(alice)])
    _, lasts_s = tokens.issue(alice, origins=[], session=login)
    assert 30 <= lasts_s <= 40
