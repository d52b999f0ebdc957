from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts import sessions
from accounts.models import Session
from accounts.sessions import SessionStore
from notifications.credentials import tokens
from notifications.sending import worker


def test_a_session_row_knows_its_user(client, alice, sign_in):
    sign_in(client, "alice")
    assert Session.objects.get().user == alice


def test_an_anonymous_session_has_no_user(db):
    store = SessionStore()
    store["colour"] = "green"
    store.save()
    assert Session.objects.get().user is None


def test_an_anonymous_session_becomes_the_users_under_another_key(client, alice, sign_in):
    # Session fixation: whoever planted the first key must not know the second.
    session = client.session
    session["colour"] = "green"
    session.save()
    planted = session.session_key
    sign_in(client, "alice")
    row = Session.objects.get()
    assert (row.user, row.get_decoded()["colour"]) == (alice, "green")
    assert not SessionStore().exists(planted)
    assert row.pk == Session.row_key(client.session.session_key)


def test_a_login_as_somebody_else_takes_nothing_over(client, alice, bob):
    client.force_login(alice)
    session = client.session
    session["secret"] = "alice's"
    session.save()
    client.force_login(bob)
    row = Session.objects.get()
    assert row.user == bob
    assert "secret" not in row.get_decoded()


def test_the_asynchronous_store_writes_the_user_too(db, alice):
    async def save():
        store = SessionStore()
        await store.aset("_auth_user_id", str(alice.pk))
        await store.asave()
        return store.session_key

    key = async_to_sync(save)()
    assert Session.objects.get(pk=Session.row_key(key)).user == alice


def test_a_session_that_is_emptied_loses_its_user(client, alice):
    client.force_login(alice)
    store = client.session
    del store["_auth_user_id"]
    store.save()
    assert Session.objects.get().user is None


@pytest.mark.parametrize("way", ["one", "many"])
def test_the_sessions_of_a_deleted_user_are_gone(client, alice, way):
    client.force_login(alice)
    key = client.session.session_key
    if way == "one":
        alice.delete()
    else:
        type(alice).objects.all().delete()
    assert not Session.objects.exists()
    assert not SessionStore().exists(key)
    assert client.get("/accounts/password-change/").status_code == 302


def test_clearsessions_removes_those_that_ran_out(client, alice):
    client.force_login(alice)
    Session.objects.create(
        session_key="old", expire_date=timezone.now() - timedelta(seconds=1), user=alice
    )
    call_command("clearsessions")
    assert Session.objects.get().pk == Session.row_key(client.session.session_key)


def test_a_dispatcher_forgets_those_that_are_over_and_no_other(client, alice, token_of):
    client.force_login(alice)
    token_of(alice)
    hour = timedelta(hours=1)
    for number in range(3):
        Session.objects.create(
            session_key=f"old{number}", expire_date=timezone.now() - hour, user=alice
        )
    assert sessions.left_over() == 3
    assert sessions.forget_old(most=2) == 2
    worker.run_due()
    assert sessions.left_over() == sessions.forget_old() == 0
    assert Session.objects.count() == 2
    assert client.get("/accounts/password-change/").status_code == 200


def test_tokens_of_a_session_that_is_forgotten_open_nothing(alice, token_of):
    token = token_of(alice)
    assert tokens.find(token)
    Session.objects.update(expire_date=timezone.now())
    assert sessions.forget_old() == 1
    assert tokens.find(token) is None


def test_a_session_that_ran_out_signs_nobody_in(client, alice):
    client.force_login(alice)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert client.get("/accounts/password-change/").status_code == 302


def test_a_session_reads_and_writes_with_the_store_of_its_model(alice, client):
    client.force_login(alice)
    row = Session.objects.get()
    assert Session.get_session_store_class() is SessionStore
    assert row.get_decoded()["_auth_user_id"] == str(alice.pk)


def test_a_session_as_text_does_not_give_its_key_away(client, alice):
    client.force_login(alice)
    row = Session.objects.get()
    assert row.session_key not in f"{row} {row!r}"


def test_nothing_in_the_database_signs_in(client, alice, capsys):
    """Neither what a row is found by, nor what it remembers the key before by."""
    client.force_login(alice)
    client.session.cycle_key()
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    call_command("dumpdata")
    dump = capsys.readouterr().out
    row = Session.objects.get()
    assert row.pk in dump
    assert row.previous_key == Session.row_key(cookie)
    assert cookie not in dump
    for known in (row.pk, row.previous_key):
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = known
        assert thief.get("/accounts/password-change/").status_code == 302


def test_a_session_is_found_flushed_and_given_another_key(db):
    store = SessionStore()
    store["colour"] = "green"
    store.create()
    first = store.session_key
    assert store.exists(first)
    assert not store.exists(Session.row_key(first))
    store.cycle_key()
    assert not store.exists(first)
    assert SessionStore(store.session_key)["colour"] == "green"
    assert SessionStore(first).load() == {}
    last = store.session_key
    store.flush()
    assert store.session_key is None
    assert not store.exists(last)
    assert not Session.objects.exists()


def test_the_asynchronous_store_does_all_that_too(db):
    async def act():
        store = SessionStore()
        await store.aset("colour", "green")
        await store.acreate()
        first = store.session_key
        assert await store.aexists(first)
        await store.acycle_key()
        assert not await store.aexists(first)
        assert await SessionStore(store.session_key).aload() == {"colour": "green"}
        assert await SessionStore(first).aload() == {}
        await store.aflush()

    async_to_sync(act)()
    assert not Session.objects.exists()
