from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.db.models import F
from django.test import AsyncClient, Client
from django.urls import reverse

from accounts import lockout
from accounts.models import User

ADMIN_LOGIN = reverse("admin:login")


@pytest.fixture(autouse=True)
def limit_of_ten(settings):
    settings.AXES_FAILURE_LIMIT = 10
    settings.LOGIN_COOLOFF_S = 900


@pytest.fixture
def fail(sign_in):
    def post(client, times, name="alice", **how):
        return [sign_in(client, name, "wrong", **how).status_code for _ in range(times)]

    return post


def age_attempts(**by):
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(**by))


def test_nine_wrong_passwords_are_allowed_and_the_tenth_locks(client, alice, fail, sign_in):
    assert fail(client, 11) == [200] * 9 + [429] * 2
    # The right one does not help any more, or the limit would be none.
    assert sign_in(client, "alice").status_code == 429


def test_the_answer_says_what_to_do_and_how_long_to_wait(client, alice, fail, sign_in):
    fail(client, 10)
    response = sign_in(client, "alice")
    assert response["Retry-After"] == "900"
    assert "Location" not in response
    page = response.content.decode()
    assert "<title>Too many wrong passwords" in page
    assert "Try again later, or ask an" in page


def test_a_script_is_answered_the_same_and_not_for_every_origin(client, alice, fail):
    fail(client, 10)
    response = client.post(
        "/accounts/login/",
        {"username": "alice", "password": "wrong"},
        headers={"x-requested-with": "XMLHttpRequest"},
    )
    assert (response.status_code, response["Retry-After"]) == (429, "900")
    assert "Access-Control-Allow-Origin" not in response


def test_an_unknown_name_is_locked_alike(client, db, fail):
    assert fail(client, 11, name="nobody")[-1] == 429


def test_the_right_password_works_from_another_address(client, alice, fail, sign_in):
    fail(client, 11)
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7"), "alice").status_code == 302


def test_another_user_at_the_same_address_is_not_locked(client, alice, bob, fail, sign_in):
    fail(client, 11)
    assert sign_in(client, "bob").status_code == 302


@pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip", "forwarded", "user-agent"])
def test_no_header_makes_another_address_of_it(client, alice, fail, header):
    fail(client, 10)
    for number in range(3):
        pretender = Client(headers={header: f"192.0.2.{number}"})
        assert fail(pretender, 1) == [429]


def test_tries_with_changing_programs_count_together(alice, fail):
    seen = [fail(Client(headers={"user-agent": f"robot/{n}"}), 1)[0] for n in range(11)]
    assert seen[-1] == 429


def test_a_success_forgets_the_wrong_tries_before(client, alice, fail, sign_in):
    fail(client, 9)
    assert sign_in(client, "alice").status_code == 302
    assert fail(Client(), 9) == [200] * 9


def test_after_the_cooloff_the_right_password_works(client, alice, fail, sign_in):
    fail(client, 10)
    age_attempts(seconds=890)
    assert sign_in(client, "alice").status_code == 429
    age_attempts(seconds=11)
    assert sign_in(client, "alice").status_code == 302


def test_tries_while_locked_out_neither_prolong_it_nor_fill_the_table(client, alice, fail):
    fail(client, 10)
    row = AccessAttempt.objects.values().get()
    fail(client, 5)
    assert AccessAttempt.objects.values().get() == row


def test_no_password_is_kept(client, alice, sign_in):
    sign_in(client, "alice", "hunter2-hunter2")
    assert "hunter2" not in str(AccessAttempt.objects.values().get())


def test_a_try_without_an_address_counts_too(alice, sign_in):
    # On a Unix socket there is no address to count by.
    client = Client(REMOTE_ADDR=None)
    assert [sign_in(client, "alice", "wrong").status_code for _ in range(11)][-1] == 429


def test_the_login_of_the_admin_is_slowed_down_too(client, admin, fail, sign_in):
    assert fail(client, 11, name="admin", path=ADMIN_LOGIN)[-2:] == [429, 429]
    assert sign_in(client, "admin", path=ADMIN_LOGIN).status_code == 429
    # Both forms count as one, else there would be twice the tries.
    assert sign_in(client, "admin").status_code == 429


async def _login_codes(client, times, word):
    return [
        await client.post("/accounts/login/", {"username": "alice", "password": word})
        for _ in range(times)
    ]


@pytest.mark.django_db(transaction=True)
def test_it_holds_under_asgi_too(alice):
    from asgiref.sync import async_to_sync

    responses = async_to_sync(_login_codes)(AsyncClient(), 11, "wrong")
    assert [r.status_code for r in responses] == [200] * 9 + [429] * 2
    assert responses[-1]["Retry-After"] == "900"


def test_unlocking_lets_the_user_in_from_every_address(client, alice, fail, sign_in):
    other = Client(REMOTE_ADDR="192.0.2.7")
    fail(client, 11)
    fail(other, 11)
    assert lockout.unlock(User.objects.filter(pk=alice.pk)) == 1
    assert sign_in(client, "alice").status_code == 302
    assert sign_in(other, "alice").status_code == 302


def test_unlocking_touches_nobody_else(client, alice, bob, fail):
    fail(client, 11, name="alice")
    fail(client, 11, name="bob")
    assert lockout.unlock(User.objects.filter(pk=alice.pk)) == 1
    assert set(AccessAttempt.objects.values_list("username", flat=True)) == {"bob"}
    assert lockout.unlock(User.objects.none()) == 0
