"""Which changes of a user say that their access may have ended, in a project of any kind."""

import pickle

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.management import call_command
from django.db import DatabaseError, transaction

from notifications.credentials.signals import access_revoked

pytestmark = pytest.mark.django_db(transaction=True)
User = get_user_model()


def save(user, **options):
    """As a model does that says nothing of transactions; ours does."""
    super(AbstractUser, user).save(**options)


@pytest.fixture
def told():
    """What the row was when it was said: active or not, and whether in a transaction."""
    rows = []

    def listen(user_ids, **_kwargs):
        (pk,) = user_ids
        rows.append(User.objects.get(pk=pk).is_active)

    access_revoked.connect(listen)
    yield rows
    access_revoked.disconnect(listen)


def deactivated(user):
    found = User.objects.get(pk=user.pk)
    found.is_active = False
    return found


def test_outside_of_a_transaction_it_is_said_once_the_row_is_written(alice, told):
    """Who looks at once must find it."""
    save(deactivated(alice))
    assert told == [False]


def test_in_a_transaction_it_is_said_before(alice, told):
    """The inbox is locked before the user, as everywhere."""
    with transaction.atomic():
        save(deactivated(alice))
    assert told == [True]


def test_a_save_that_changes_neither_costs_nothing(alice, revoked, django_assert_num_queries):
    user = User.objects.get(pk=alice.pk)
    user.first_name = "Alice"
    with django_assert_num_queries(1):
        save(user)
    assert revoked == []


def test_a_new_user_whose_key_was_chosen_before_costs_nothing(db, revoked):
    save(User(pk=4711, username="dora", password="!"))
    assert revoked == []
    save(User(pk=4711, username="dora", password="!x"))
    assert revoked == [{4711}]


def test_what_came_from_a_cache_is_compared_too(alice, revoked):
    user = pickle.loads(pickle.dumps(User.objects.get(pk=alice.pk)))
    save(user)
    assert revoked == []
    user.set_password("another one")
    save(user)
    assert revoked == [{alice.pk}]


def test_a_fixture_that_brings_another_password_says_so(alice, revoked, tmp_path):
    fixture = tmp_path / "users.json"
    call_command("dumpdata", User._meta.label, output=str(fixture), verbosity=0)
    fixture.write_text(fixture.read_text().replace(alice.password, "!other"))
    call_command("loaddata", str(fixture), verbosity=0)
    assert revoked == [{alice.pk}]


def test_a_user_is_saved_though_it_cannot_be_told(alice, caplog):
    """Who is not let in any more has to stay out; within a minute it is seen."""

    def fail(**_kwargs):
        raise DatabaseError("the lock did not come")

    access_revoked.connect(fail)
    try:
        save(deactivated(alice))
    finally:
        access_revoked.disconnect(fail)
    assert not User.objects.get(pk=alice.pk).is_active
    assert "the lock did not come" in caplog.text
    assert "Traceback" not in caplog.text
