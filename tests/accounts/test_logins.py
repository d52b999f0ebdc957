from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.logins import Finder
from accounts.models import Session


@pytest.fixture
def key_of():
    """Sign a user in, and give the session's key."""

    def sign_in(user):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client.session.session_key

    return sign_in


def names(keys):
    return [login and login.user.username for login in Finder().logins_of(keys)]


def test_many_keys_are_looked_up_by_one_query(alice, bob, key_of, django_assert_num_queries):
    keys = [key_of(alice), "unknown", key_of(bob), key_of(alice)]
    with django_assert_num_queries(1):
        assert names(keys) == ["alice", None, "bob", "alice"]


def test_a_login_knows_its_session_and_when_that_ends(alice, key_of):
    key = key_of(alice)
    (login,) = Finder().logins_of([key])
    row = Session.objects.get(pk=Session.row_key(key))
    assert (login.session_key, login.expires_at) == (row.pk, row.expire_date)


def test_an_expired_session_is_nobodys(alice, key_of):
    key = key_of(alice)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert names([key]) == [None]


def test_who_was_deactivated_is_nobody(alice, key_of):
    key = key_of(alice)
    type(alice).objects.update(is_active=False)
    assert names([key]) == [None]


def test_a_session_from_before_a_new_password_is_nobodys(alice, key_of):
    key = key_of(alice)
    alice.set_password("another long word")
    alice.save()
    assert names([key]) == [None]


def test_an_anonymous_session_is_nobodys(db):
    client = Client()
    session = client.session
    session["x"] = 1
    session.save()
    assert names([session.session_key]) == [None]


def test_a_session_of_a_backend_that_is_no_longer_trusted_is_nobodys(alice, key_of, settings):
    key = key_of(alice)
    settings.AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend"]
    assert names([key]) == [None]


def test_a_new_secret_key_with_the_old_as_a_fallback_logs_nobody_out(alice, key_of, settings):
    key = key_of(alice)
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "a new one"
    assert names([key]) == [None]
    settings.SECRET_KEY_FALLBACKS = [old]
    assert names([key]) == ["alice"]
    # Nothing was written: Django finds the session as it was.
    assert Session.objects.filter(pk=Session.row_key(key)).exists()
