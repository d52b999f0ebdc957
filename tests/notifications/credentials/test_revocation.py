"""What ends a token says so; see tests/accounts/test_revocation.py for users and sessions."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.credentials import keys, revocation, tokens
from notifications.models import AccessToken, ApiKey, Inbox

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_revoked_key_says_so_of_those_whose_tokens_it_made(alice, bob, charlie, revoked):
    key, _ = keys.make("shop", ["tokens"])
    other, _ = keys.make("other", ["tokens"])
    for user, by in ((alice, key), (bob, key), (charlie, other)):
        tokens.issue(user, origins=[], api_key=by)
    AccessToken.objects.filter(user=bob).update(expires_at=timezone.now())
    keys.revoke(ApiKey.objects.filter(pk=key.pk))
    keys.revoke(ApiKey.objects.filter(pk=key.pk))
    assert revoked == [{alice.pk}]
    tokens.forget_old()
    assert revoked == [{alice.pk}]
    AccessToken.objects.filter(user=charlie).delete()
    assert revoked == [{alice.pk}, {charlie.pk}]


def test_a_user_who_is_deleted_with_a_token_is_said_once(alice, token_of, api_key, revoked):
    """Two lists, one after the other, would not be in the order of their ids."""
    token_of(alice, api_key=api_key("tokens")[0])
    pk = alice.pk
    type(alice).objects.filter(pk=pk).delete()
    assert revoked == [{pk}]


def test_a_key_that_is_deleted_ends_the_access_that_it_gave(alice, token_of, api_key):
    row, _ = api_key("tokens")
    token_of(alice, api_key=row)
    row.delete()
    assert Inbox.objects.get(user=alice).access_version == 1


def test_on_sqlite_it_is_said_by_a_transaction_that_writes_first(alice):
    """One that has read fails, as Django begins them, when somebody else has written since."""
    with CaptureQueriesContext(connection) as done:
        revocation.revoke([alice.pk])
    statements = [one["sql"] for one in done if not one["sql"].startswith("BEGIN")]
    assert connection.vendor != "sqlite" or statements[0].startswith("UPDATE")
    assert Inbox.objects.get(user=alice).access_version == 1
