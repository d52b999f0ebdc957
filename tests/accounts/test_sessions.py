from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Session
from accounts.sessions import SessionStore


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
    assert row.session_key != planted


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
    assert Session.objects.get(pk=key).user == alice


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
    assert Session.objects.get().pk == client.session.session_key


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
