import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import Session, User

INBOX = reverse("notifications:inbox")
LOGIN = "/accounts/login/"
ELSEWHERE = [
    "//evil",
    "https:evil",
    "/\\evil",
    "\\\\evil",
    "\t//evil",
    "///evil",
    "https://evil.example",
    "http://testserver@evil.example/",
    "javascript:alert(1)",
]


def token_of(client):
    return client.cookies[settings.CSRF_COOKIE_NAME].value


def signed_in_as(client):
    return client.session.get("_auth_user_id")


def test_the_right_password_leads_to_the_inbox(client, alice, sign_in):
    response = sign_in(client, "alice")
    assert (response.status_code, response["Location"]) == (302, INBOX)
    assert signed_in_as(client) == str(alice.pk)


@pytest.mark.parametrize(("name", "word"), [("alice", "wrong"), ("nobody", "wrong")])
def test_a_wrong_password_and_an_unknown_name_are_told_the_same(client, alice, sign_in, name, word):
    response = sign_in(client, name, word)
    page = response.content.decode()
    assert response.status_code == 200
    assert "That user name and password don&#x27;t match." in page
    assert page.index('role="alert"') < page.index('name="username"')
    assert "<title>Error: Sign in" in page
    assert signed_in_as(client) is None


def test_a_deactivated_user_is_told_the_same_too(client, alice, sign_in):
    User.objects.update(is_active=False)
    assert b"don&#x27;t match" in sign_in(client, "alice").content


def test_a_name_with_a_nul_byte_is_refused_on_the_form(client, alice, sign_in):
    response = sign_in(client, "alice\0")
    assert response.status_code == 200
    assert b'role="alert"' in response.content


def test_the_page_asked_for_is_kept_through_a_wrong_try(client, alice, sign_in):
    page = sign_in(client, "alice", "wrong", next="/accounts/password-change/").content.decode()
    assert '<input type="hidden" name="next" value="/accounts/password-change/">' in page


@pytest.mark.parametrize("how", ["query", "field"])
def test_the_page_asked_for_opens_after_the_login(client, alice, sign_in, how):
    url = "/accounts/password-change/?from=mail"
    if how == "query":
        response = sign_in(client, "alice", path=f"{LOGIN}?next={url}")
    else:
        response = sign_in(client, "alice", next=url)
    assert response["Location"] == url


@pytest.mark.parametrize("url", ELSEWHERE)
def test_no_other_site_opens_after_the_login(client, alice, sign_in, url):
    assert sign_in(client, "alice", next=url)["Location"] == INBOX


@pytest.mark.parametrize("url", ELSEWHERE)
def test_no_other_site_opens_for_whoever_is_signed_in_already(client, alice, url):
    client.force_login(alice)
    response = client.get(LOGIN, {"next": url})
    assert (response.status_code, response["Location"]) == (302, INBOX)


@pytest.mark.parametrize("url", [LOGIN, f"{LOGIN}?next={LOGIN}", f"{LOGIN}#top"])
def test_a_login_that_leads_back_to_the_login_opens_the_inbox(client, alice, url):
    client.force_login(alice)
    response = client.get(LOGIN, {"next": url}, follow=True)
    assert response.redirect_chain[0] == (INBOX, 302)
    assert response.status_code == 200


def test_a_page_for_users_sends_others_to_the_login_and_back(client, alice, sign_in):
    refused = client.get("/accounts/password-change/")
    assert refused["Location"] == f"{LOGIN}?next=/accounts/password-change/"
    assert sign_in(client, "alice", path=refused["Location"])["Location"] == (
        "/accounts/password-change/"
    )


def test_signing_out_ends_the_session(client, alice):
    client.force_login(alice)
    response = client.post("/accounts/logout/")
    assert (response.status_code, response["Location"]) == (302, LOGIN)
    assert signed_in_as(client) is None
    assert not Session.objects.filter(user=alice).exists()


def test_a_mere_link_does_not_sign_out(client, alice):
    client.force_login(alice)
    response = client.get("/accounts/logout/")
    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")
    assert signed_in_as(client) == str(alice.pk)


def test_signing_out_opens_no_other_site(client, alice):
    client.force_login(alice)
    response = client.post("/accounts/logout/", {"next": "//evil"})
    assert response["Location"] == LOGIN


def test_another_site_can_post_neither_login_nor_logout(alice, sign_in):
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client, "alice").status_code == 403
    client.force_login(alice)
    assert client.post("/accounts/logout/").status_code == 403
    assert signed_in_as(client) == str(alice.pk)


def test_the_token_of_the_page_is_enough_to_sign_in_and_out(alice, sign_in):
    client = Client(enforce_csrf_checks=True)
    client.get(LOGIN)
    response = sign_in(client, "alice", csrfmiddlewaretoken=token_of(client))
    assert response.status_code == 302
    response = client.post("/accounts/logout/", {"csrfmiddlewaretoken": token_of(client)})
    assert response["Location"] == LOGIN


@pytest.mark.parametrize(("name", "sees_admin"), [("alice", False), ("admin", True)])
def test_only_staff_is_shown_the_way_to_the_admin(client, alice, admin, name, sees_admin):
    client.force_login(User.objects.get(username=name))
    page = client.get("/accounts/password-change/").content.decode()
    assert (reverse("admin:index") in page) is sees_admin
    assert INBOX in page
    assert f'<bdi translate="no">{name}</bdi>' in page
    assert 'action="/accounts/logout/"' in page


def test_a_users_name_is_text_and_no_markup(client, alice):
    User.objects.update(first_name="<b>Al</b>", last_name="")
    client.force_login(alice)
    page = client.get("/accounts/password-change/").content.decode()
    assert '<bdi translate="no">&lt;b&gt;Al&lt;/b&gt;</bdi>' in page


@pytest.mark.parametrize(
    "path",
    ["login/", "password-reset/", "password-reset/done/", "password-reset/complete/"],
)
def test_pages_have_language_title_labels_and_nothing_inline(client, db, path):
    page = client.get(f"/accounts/{path}").content.decode()
    assert '<html lang="en" ' in page
    assert "<title> " not in page
    assert page.count("<h1>") == 1
    assert page.count("<label ") == page.count('<input type="text"') + page.count(
        '<input type="email"'
    ) + page.count('<input type="password"')
    assert "style=" not in page
    assert "<style" not in page
    assert not re.search("<script(?![^>]* src=)", page)
