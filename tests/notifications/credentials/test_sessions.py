"""Who is signed in, where a project says nothing of its sessions: any engine of Django will do."""

from importlib import import_module

import pytest
from django.contrib.auth import HASH_SESSION_KEY
from django.test import Client
from django.utils import timezone

from notifications.credentials import sessions, tokens

BACKEND = "django.contrib.auth.backends.ModelBackend"
STORED = ["db", "cached_db", "cache", "file"]


@pytest.fixture(params=[*STORED, "signed_cookies"])
def engine(request, settings, tmp_path):
    """A session engine of Django's, in a project that names no finder."""
    del settings.NOTIFICATIONS_SESSION_FINDER
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    return request.param


# Not that whose cookie holds the session itself: there is nothing to end or to change.
stored = pytest.mark.parametrize("engine", STORED, indirect=True)


def cookie_of(user, client=None):
    client = client or Client()
    client.force_login(user, backend=BACKEND)
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
