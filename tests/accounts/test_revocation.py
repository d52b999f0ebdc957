"""Which changes say that somebody's access may have ended, in their transaction; which do not."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Session, User
from accounts.sessions import SessionStore
from notifications.credentials.signals import access_revoked
from notifications.models import Inbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(alice):
    store = SessionStore()
    store["_auth_user_id"] = str(alice.pk)
    store.create()
    return Session.objects.get(pk=Session.row_key(store.session_key))


def test_a_new_password_and_deactivation_say_so_and_nothing_else_does(alice, revoked):
    user = User.objects.get(pk=alice.pk)
    user.first_name = "Alice"
    user.save()
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])
    User.objects.only("username").get(pk=alice.pk).save()
    assert revoked == []
    user.set_password("another one")
    user.save(update_fields=["last_login"])
    assert revoked == []
    user.save()
    assert revoked == [{alice.pk}]
    user.save()
    user.is_active = False
    user.save(update_fields=["is_active"])
    assert revoked == [{alice.pk}] * 2


def test_a_new_user_has_nothing_to_lose(revoked):
    user = User.objects.create_user("dora", password="secret")
    user.save()
    assert revoked == []


def test_a_session_that_ends_says_so_and_one_of_nobody_does_not(alice, session, revoked):
    nobody = SessionStore()
    nobody.create()
    nobody.delete()
    assert revoked == []
    session.delete()
    assert revoked == [{alice.pk}]


def versions(*users):
    rows = dict(Inbox.objects.values_list("user_id", "access_version"))
    return [rows[user.pk] for user in users]


def deactivate(user):
    user.is_active = False
    user.save()


def test_it_is_written_with_what_ends_access_and_rolled_back_with_it(alice, bob, session):
    with transaction.atomic():
        session.delete()
        deactivate(bob)
        assert versions(alice, bob) == [1, 1]
        transaction.set_rollback(True)
    assert versions(alice, bob) == [0, 0]
    Session.objects.get().delete()
    assert versions(alice, bob) == [1, 0]


def test_nothing_ends_access_that_cannot_be_told(alice, session, revoked):
    """Else who was promised that would have to wait until all streams are looked at."""

    def fail(**_kwargs):
        raise DatabaseError("the lock did not come")

    access_revoked.connect(fail)
    try:
        for act in (session.delete, lambda: deactivate(alice)):
            with pytest.raises(DatabaseError):
                act()
    finally:
        access_revoked.disconnect(fail)
    assert Session.objects.exists()
    assert User.objects.get(pk=alice.pk).is_active
    # A second try is told, though it saves what the first one would have.
    deactivate(alice)
    assert versions(alice) == [1]


def test_what_one_deletion_takes_along_is_said_at_once(alice, bob, charlie, revoked):
    """So that rows are locked in the order of their ids, whatever the order of the sessions."""
    for user in (charlie, alice, bob):
        Client().force_login(user)
    Session.objects.order_by("-expire_date").delete()
    assert revoked == [{alice.pk, bob.pk, charlie.pk}]


def test_a_row_that_is_written_over_counts_as_changed(alice, revoked):
    User(pk=alice.pk, username="alice", password="!").save()
    assert revoked == [{alice.pk}]


def test_sessions_that_are_cleared_say_so(alice, session, revoked):
    Session.objects.update(expire_date=timezone.now())
    call_command("clearsessions")
    assert revoked == [{alice.pk}]


def test_a_deleted_user_says_so(alice, session, revoked):
    pk = alice.pk
    alice.delete()
    assert set().union(*revoked) == {pk}
