import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.admin import permissions
from accounts.models import Session, User

USERS = reverse("admin:accounts_user_changelist")


def unlock(client, *users, **extra):
    return client.post(
        USERS, {"action": "unlock", "_selected_action": [u.pk for u in users], **extra}
    )


def told(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def crowd(db):
    """More users than a page of the admin shows."""
    return User.objects.bulk_create(User(username=f"crowd{n:04}") for n in range(450))


def test_an_administrator_lets_a_locked_out_user_in_again(client, admin, alice, settings, sign_in):
    settings.AXES_FAILURE_LIMIT = 2
    for _ in range(3):
        sign_in(client, "alice", "wrong")
    assert sign_in(client, "alice").status_code == 429
    client.force_login(admin)
    response = unlock(client, alice, admin)
    assert told(response) == ["1 user unlocked; the others had no wrong passwords."]
    client.logout()
    assert sign_in(client, "alice").status_code == 302


def test_unlocking_needs_the_permission_to_change_users(client, alice, bob, sign_in):
    sign_in(client, "bob", "wrong")
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    alice.user_permissions.add(Permission.objects.get(codename="view_user"))
    client.force_login(alice)
    assert b'value="unlock"' not in client.get(USERS).content
    unlock(client, bob)
    assert AccessAttempt.objects.count() == 1
    alice.user_permissions.add(Permission.objects.get(codename="change_user"))
    assert b'value="unlock"' in client.get(USERS).content
    unlock(client, bob)
    assert not AccessAttempt.objects.exists()


def test_everybody_can_be_unlocked_in_a_few_queries(
    client, admin, crowd, sign_in, django_assert_max_num_queries
):
    for user in crowd[:3]:
        sign_in(client, user.username, "wrong")
    client.force_login(admin)
    with django_assert_max_num_queries(20):
        response = unlock(client, crowd[0], select_across="1")
    assert told(response) == ["3 users unlocked; the others had no wrong passwords."]


def test_users_are_not_deleted_in_bulk(client, admin, alice):
    client.force_login(admin)
    assert b"delete_selected" not in client.get(USERS).content
    unlock(client, alice, action="delete_selected", post="yes")
    assert User.objects.filter(pk=alice.pk).exists()


@pytest.mark.parametrize(
    "name",
    [
        "index",
        "accounts_user_changelist",
        "accounts_user_add",
        "auth_group_changelist",
        "auth_group_add",
        "axes_accessattempt_changelist",
    ],
)
def test_no_page_of_the_admin_carries_every_user(client, admin, crowd, name):
    client.force_login(admin)
    response = client.get(reverse(f"admin:{name}"))
    assert response.status_code == 200
    assert sum(u.username in response.content.decode() for u in crowd) <= 100


def test_no_page_about_one_user_or_group_carries_every_user(client, admin, crowd):
    group = Group.objects.create(name="all")
    group.user_set.set(crowd)
    client.force_login(admin)
    for path in (
        reverse("admin:accounts_user_change", args=[admin.pk]),
        reverse("admin:accounts_user_delete", args=[admin.pk]),
        reverse("admin:auth_user_password_change", args=[admin.pk]),
        reverse("admin:auth_group_change", args=[group.pk]),
    ):
        response = client.get(path)
        assert response.status_code == 200, path
        assert "crowd" not in response.content.decode(), path


def test_users_are_found_by_name_and_address(client, admin, crowd, alice):
    client.force_login(admin)
    for text in ("alice", "alice@example"):
        page = client.get(USERS, {"q": text}).content.decode()
        assert ">alice<" in page
        assert "crowd" not in page


def test_a_user_is_added_with_a_password(client, admin):
    client.force_login(admin)
    word = "a fine long word"
    response = client.post(
        reverse("admin:accounts_user_add"),
        {"username": "dora", "password1": word, "password2": word, "usable_password": "true"},
    )
    assert response.status_code == 302
    assert User.objects.get(username="dora").check_password(word)


def test_when_a_user_joined_and_signed_in_is_shown_and_not_to_be_changed(client, admin, alice):
    client.force_login(admin)
    page = client.get(reverse("admin:accounts_user_change", args=[alice.pk])).content.decode()
    assert date_format(localtime(alice.date_joined), "DATETIME_FORMAT") in page
    assert 'name="date_joined' not in page
    assert 'name="last_login' not in page


def test_the_page_that_deletes_a_user_does_not_list_what_goes_with_them(client, admin, alice):
    hers = Client()
    hers.force_login(alice)
    key = hers.session.session_key
    client.force_login(admin)
    page = client.get(reverse("admin:accounts_user_delete", args=[alice.pk])).content.decode()
    assert "alice" in page
    assert "Session: until" not in page
    assert key not in page
    assert Session.row_key(key) not in page


def test_an_administrator_who_resets_a_password_ends_the_users_sessions(client, admin, alice):
    other = Client()
    other.force_login(alice)
    client.force_login(admin)
    word = "a fine long word"
    client.post(
        reverse("admin:auth_user_password_change", args=[alice.pk]),
        {"password1": word, "password2": word, "usable_password": "true"},
    )
    assert other.get("/accounts/password-change/").status_code == 302


@pytest.mark.parametrize("model", ["user", "group"])
def test_only_permissions_that_mean_something_here_are_offered(client, admin, alice, model):
    """And what somebody has already stays, whatever it is."""
    group = Group.objects.create(name="Helpers")
    odd = Permission.objects.get(codename="add_session", content_type__app_label="accounts")
    row = alice if model == "user" else group
    held = row.user_permissions if model == "user" else row.permissions
    held.add(odd)
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    app = "accounts" if model == "user" else "auth"
    page = client.get(reverse(f"admin:{app}_{model}_change", args=[row.pk]))
    form = page.context["adminform"].form
    field = form.fields["user_permissions" if model == "user" else "permissions"]
    offered = [str(label) for _, label in field.choices]
    assert str(odd) in offered
    assert "Send notifications to everyone" in offered
    assert len(offered) == 1 + sum(map(len, permissions.OFFERED.values()))
    # One more page without it: what is offered is not kept between requests.
    held.clear()
    page = client.get(reverse(f"admin:{app}_{model}_change", args=[row.pk]))
    assert str(odd) not in page.content.decode()


def test_every_permission_that_is_offered_is_there(db):
    for app, codenames in permissions.OFFERED.items():
        there = Permission.objects.filter(content_type__app_label=app)
        assert codenames.keys() <= set(there.values_list("codename", flat=True))
