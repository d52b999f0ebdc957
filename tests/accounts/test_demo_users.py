import io

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError

from accounts.models import User

NAMES = ["alice", "bob", "charlie", "admin"]


@pytest.fixture(autouse=True)
def no_password(monkeypatch, db):
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)


def demo_users(*args):
    """Runs the command; returns its table as rows of words."""
    out = io.StringIO()
    call_command("demo_users", *args, stdout=out)
    return [line.split() for line in out.getvalue().splitlines()]


def test_it_creates_four_users_and_prints_a_password_of_its_own_for_each():
    head, *rows = demo_users()
    assert head == ["user", "password"]
    assert [name for name, _ in rows] == NAMES
    assert len({word for _, word in rows}) == 4
    for name, word in rows:
        assert len(word) >= 16
        assert User.objects.get(username=name).check_password(word)


def test_two_of_them_are_in_the_group_that_the_examples_send_to():
    demo_users()
    members = Group.objects.get(name="staff").user_set.values_list("username", flat=True)
    assert set(members) == {"bob", "admin"}


def test_only_admin_may_enter_the_admin():
    demo_users()
    for user in User.objects.all():
        is_admin = user.username == "admin"
        assert (user.is_staff, user.is_superuser) == (is_admin, is_admin)


def test_a_second_run_says_and_does_nothing():
    demo_users()
    before = list(User.objects.order_by("pk").values())
    assert demo_users() == []
    assert demo_users("--password", "another") == []
    assert list(User.objects.order_by("pk").values()) == before


def test_any_user_is_enough_to_do_nothing():
    User.objects.create_user("zoe")
    assert demo_users() == []
    assert User.objects.count() == 1


def test_the_environment_gives_the_password(monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "from-environment")
    assert {word for _, word in demo_users()[1:]} == {"from-environment"}
    assert User.objects.get(username="bob").check_password("from-environment")


def test_the_argument_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "from-environment")
    assert {word for _, word in demo_users("--password", "given")[1:]} == {"given"}


def test_an_empty_password_counts_as_none_given(monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "")
    assert len({word for _, word in demo_users()[1:]}) == 4


def test_it_creates_all_or_none(monkeypatch):
    create = User.objects.create_user

    def fail_at_charlie(name, *args, **kwargs):
        if name == "charlie":
            raise IntegrityError
        return create(name, *args, **kwargs)

    monkeypatch.setattr(User.objects, "create_user", fail_at_charlie)
    with pytest.raises(IntegrityError):
        demo_users()
    assert not User.objects.exists()
