"""What says that a session has ended, with each of Django's engines, and what cannot."""

from datetime import timedelta
from typing import ClassVar

import pytest
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.sessions.backends import db as rows
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.http import HttpRequest
from django.utils import timezone

from notifications.credentials import sessions, tokens
from notifications.credentials.signals import access_revoked
from notifications.models import Inbox
from tests.notifications.credentials.conftest import BACKEND

pytestmark = pytest.mark.django_db(transaction=True)
in_rows = pytest.mark.parametrize("engine", ["db", "cached_db"], indirect=True)
in_none = pytest.mark.parametrize("engine", ["cache", "file"], indirect=True)


@pytest.fixture
def request_of():
    """A request that comes with a client's session, whose user has been asked for."""

    def act(client, user):
        request = HttpRequest()
        request.session, request.user, request._cached_user = client.session, user, user
        return request

    return act


def names(*cookies):
    return [one and one.user.username for one in sessions.finder().logins_of(cookies)]


def test_signing_out_says_so_where_the_server_keeps_the_session(engine, alice, signed_in, revoked):
    client = signed_in(alice)
    cookie = client.session.session_key
    assert revoked == []
    assert client.post("/accounts/logout/").status_code == 302
    # What the cookie holds, nobody can take out of it: it has to come again within a minute.
    assert revoked == ([] if engine == "signed_cookies" else [{alice.pk}])
    assert names(cookie) == (["alice"] if engine == "signed_cookies" else [None])


@in_rows
def test_the_end_of_a_row_says_so_whoever_has_deleted_it(engine, alice, bob, signed_in, revoked):
    signed_in(alice).session.flush()
    assert revoked == [{alice.pk}]
    for user in (alice, bob):
        signed_in(user)
    Session.objects.all().delete()
    assert revoked == [{alice.pk}, {alice.pk, bob.pk}]
    signed_in(alice)
    Session.objects.update(expire_date=timezone.now())
    call_command("clearsessions")
    assert revoked == [{alice.pk}, {alice.pk, bob.pk}, {alice.pk}]


@in_rows
def test_many_that_were_over_long_ago_are_deleted_without_a_word(engine, alice, signed_in, revoked):
    """Their streams have ended long since."""
    signed_in(alice)
    Session.objects.update(expire_date=timezone.now() - timedelta(hours=1))
    call_command("clearsessions")
    assert not Session.objects.exists()
    assert revoked == []


def test_a_row_of_nobody_or_without_sense_goes_as_any_other(db, caplog, revoked):
    later = timezone.now() + timedelta(hours=1)
    encode = rows.SessionStore().encode
    for number, data in enumerate(("", "x", encode({"_auth_user_id": "x"}), encode(["a list"]))):
        Session.objects.create(session_key=f"{number}" * 32, session_data=data, expire_date=later)
    Session.objects.all().delete()
    assert not Session.objects.exists()
    assert revoked == []
    assert "Traceback" not in caplog.text


def test_who_signs_in_in_place_of_another_ends_the_others_session(
    engine, alice, bob, signed_in, request_of, revoked
):
    client = signed_in(alice)
    cookie = client.session.session_key
    request = request_of(client, alice)
    login(request, bob, backend=BACKEND)
    request.session.save()
    assert revoked == ([] if engine == "signed_cookies" else [{alice.pk}])
    assert names(cookie, request.session.session_key)[1] == "bob"
    if engine != "signed_cookies":
        assert names(cookie) == [None]


def test_who_signs_in_ends_nothing(engine, alice, signed_in, request_of, revoked):
    """Neither for the first time nor again, nor on another device."""
    client = signed_in(alice)
    cookie = client.session.session_key
    login(request_of(client, alice), alice, backend=BACKEND)
    signed_in(alice)
    assert revoked == []
    assert names(cookie) == ["alice"]


def test_a_session_that_goes_on_under_another_key_lets_in_by_that_alone(
    engine, alice, signed_in, request_of, revoked
):
    """Its streams are told that they are signed out: the browser asks once, with the new cookie."""
    client = signed_in(alice)
    cookie = client.session.session_key
    (before,) = sessions.finder().logins_of([cookie])
    token, _ = tokens.issue(alice, origins=[], session=before)
    request = request_of(client, alice)
    alice.set_password("another long word")
    alice.save()
    update_session_auth_hash(request, alice)
    request.session.save()
    assert {alice.pk} in revoked
    assert names(cookie, request.session.session_key) == [None, "alice"]
    assert sessions.finder().still_of([before.session_key]) == [None]
    assert tokens.find(token) is None


class InMemory(SessionBase):
    """A session engine that is none of Django's."""

    kept: ClassVar = {}

    def exists(self, session_key):
        return session_key in self.kept

    def create(self):
        self._session_key = self._get_new_session_key()
        self.save()

    def save(self, must_create=False):
        if self.session_key is None:
            self.create()
        self.kept[self.session_key] = dict(self._get_session(no_load=must_create))
        self.modified = True

    def delete(self, session_key=None):
        self.kept.pop(session_key or self.session_key, None)

    def load(self):
        return self.kept.get(self.session_key, {})


# As an engine's module has it.
SessionStore = InMemory


@in_none
def test_signing_out_goes_on_where_it_cannot_be_told(engine, alice, signed_in, caplog):
    """It is written nowhere; within a minute it is seen."""

    def fail(**_kwargs):
        raise DatabaseError("the lock did not come")

    client = signed_in(alice)
    cookie = client.session.session_key
    access_revoked.connect(fail)
    try:
        assert client.post("/accounts/logout/").status_code == 302
    finally:
        access_revoked.disconnect(fail)
    assert names(cookie) == [None]
    assert "the lock did not come" in caplog.text
    assert "Traceback" not in caplog.text


@in_rows
def test_what_is_rolled_back_was_not_said(engine, alice, signed_in):
    client = signed_in(alice)
    with transaction.atomic():
        client.session.flush()
        transaction.set_rollback(True)
    assert Inbox.objects.get(user=alice).access_version == 0
    assert names(client.session.session_key) == ["alice"]


def test_an_engine_that_nobody_knows_says_it_at_logout(alice, settings, signed_in, revoked):
    del settings.NOTIFICATIONS_SESSION_FINDER
    settings.SESSION_ENGINE = __name__
    client = signed_in(alice)
    cookie = client.session.session_key
    assert names(cookie) == ["alice"]
    client.post("/accounts/logout/")
    assert revoked == [{alice.pk}]
    assert names(cookie) == [None]
