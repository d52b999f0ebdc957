from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Session
from notifications.credentials import keys, tokens
from notifications.models import AccessToken, ApiKey
from notifications.sending import worker
from tests.support.sessions import login_by


def name_of(token):
    login = tokens.find(token)
    return login and login.user.username


def test_a_token_opens_the_inbox_of_its_user_for_ten_minutes(alice, session_of):
    session = session_of(alice)
    token, expires_in = tokens.issue(
        alice, origins=["https://shop.example"], session=login_by(session)
    )
    assert 598 <= expires_in <= 600
    login = tokens.find(token)
    row = AccessToken.objects.get()
    assert (login.user, login.session_key, login.token_id) == (alice, session.pk, row.pk)
    assert (login.expires_at, login.origins) == (row.expires_at, ("https://shop.example",))
    for wrong in (token[:-1], f"{token}A", token.swapcase(), "", "nt_", "\0", "\ud800"):
        assert tokens.find(wrong) is None


def test_only_its_hash_is_stored(alice, token_of, capsys):
    token = token_of(alice)
    call_command("dumpdata")
    dump = capsys.readouterr().out
    assert AccessToken.objects.get().token_hash in dump
    assert token not in dump
    assert token.removeprefix("nt_") not in dump


def test_many_tokens_are_looked_up_by_two_queries(
    alice, bob, token_of, api_key, django_assert_num_queries
):
    """One of them for the sessions that some were made by."""
    key, _ = api_key("tokens")
    asked = [token_of(alice), "unknown", token_of(bob, api_key=key), token_of(alice)]
    with django_assert_num_queries(1):
        assert tokens.find(asked[2]).user == bob
    with django_assert_num_queries(2):
        found = tokens.logins_of(asked)
    assert [one and one.user.username for one in found] == ["alice", None, "bob", "alice"]


def sign_out(user):
    Session.objects.get(user=user).delete()


def delete_session_around_the_orm(user):
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {Session._meta.db_table}")


def expire_session(user):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def clear_session(user):
    expire_session(user)
    call_command("clearsessions")


def deactivate(user):
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)


def change_password(user):
    user.set_password("another long word")
    user.save()


def change_password_by_update(user):
    get_user_model().objects.filter(pk=user.pk).update(password="!other")


def delete(user):
    user.delete()


def let_it_expire(user):
    AccessToken.objects.update(expires_at=timezone.now())


OF_THE_USER = [deactivate, change_password, change_password_by_update, delete, let_it_expire]


OF_THE_SESSION = [sign_out, delete_session_around_the_orm, expire_session, clear_session]


@pytest.mark.parametrize("end", [*OF_THE_SESSION, *OF_THE_USER])
def test_it_ends_with_the_session_and_the_user(alice, bob, token_of, api_key, end):
    token = token_of(alice)
    others = token_of(bob, api_key=api_key("tokens")[0])
    assert name_of(token) == "alice"
    end(alice)
    assert name_of(token) is None
    if end is not let_it_expire:
        assert name_of(others) == "bob"


def revoke_key(user):
    keys.revoke(ApiKey.objects.all())


def expire_key(user):
    ApiKey.objects.update(expires_at=timezone.now())


@pytest.mark.parametrize("end", [revoke_key, expire_key, *OF_THE_USER])
def test_it_ends_with_the_key_and_the_user(alice, bob, token_of, api_key, end):
    token = token_of(alice, api_key=api_key("tokens")[0])
    others = token_of(bob)
    assert name_of(token) == "alice"
    end(alice)
    assert name_of(token) is None
    if end is not let_it_expire:
        assert name_of(others) == "bob"


def test_ones_own_password_change_ends_ones_tokens_and_not_the_session(alice, password):
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    token = client.post("/api/v1/tokens", content_type="application/json").json()["token"]
    word = "another fine long word"
    client.post(
        "/accounts/password-change/",
        {"old_password": password, "new_password1": word, "new_password2": word},
    )
    assert name_of(token) is None
    assert client.post("/api/v1/tokens", content_type="application/json").status_code == 201


def test_it_does_not_outlast_what_made_it(alice, session_of, api_key):
    soon = timezone.now() + timedelta(seconds=100)
    session = session_of(alice)
    session.expire_date = soon
    key, _ = api_key("tokens", expires_at=soon)
    for maker in ({"session": login_by(session)}, {"api_key": key}):
        assert 95 <= tokens.issue(alice, origins=[], **maker)[1] <= 100


def test_it_is_made_by_one_of_the_two(alice, session_of, api_key):
    both = {"session": login_by(session_of(alice)), "api_key": api_key("tokens")[0]}
    with pytest.raises(IntegrityError), transaction.atomic():
        tokens.issue(alice, origins=[], **both)


def test_a_dispatcher_forgets_those_that_are_over(alice, token_of, transactional_db):
    token_of(alice)
    AccessToken.objects.update(expires_at=timezone.now())
    kept = token_of(alice)
    worker.run_due()
    assert AccessToken.objects.count() == 1
    assert name_of(kept) == "alice"
