import re

from django.core import mail
from django.test import Client

from accounts.models import User

NEW = "another horse battery"


def change(client, password, new=NEW):
    return client.post(
        "/accounts/password-change/",
        {"old_password": password, "new_password1": new, "new_password2": new},
    )


def ask_for_link(client):
    """Has a reset link mailed to alice; returns its path."""
    client.post("/accounts/password-reset/", {"email": "alice@example.com"})
    (link,) = re.findall(r"http://testserver(\S+)", mail.outbox[0].body)
    return link


def follow(client, link):
    """Opens a reset link and sets the new password."""
    return client.post(client.get(link)["Location"], {"new_password1": NEW, "new_password2": NEW})


def is_signed_in(client):
    return client.get("/accounts/password-change/").status_code == 200


def test_changing_the_password_keeps_this_session_and_ends_the_others(
    client, alice, password, sign_in
):
    other = Client()
    client.force_login(alice)
    other.force_login(alice)
    response = change(client, password)
    assert response["Location"] == "/accounts/password-change/done/"
    assert client.get(response["Location"]).status_code == 200
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert sign_in(Client(), "alice", password).status_code == 200
    assert sign_in(Client(), "alice", NEW).status_code == 302


def test_changing_the_password_changes_the_key_of_the_session(client, alice, password):
    client.force_login(alice)
    before = client.session.session_key
    change(client, password)
    assert client.session.session_key != before


def test_the_old_password_is_asked_for(client, alice, password):
    client.force_login(alice)
    page = change(client, "wrong").content.decode()
    assert page.index('role="alert"') < page.index('<form method="post">')
    assert 'href="#id_old_password"' in page
    assert alice.check_password(password)


def test_a_weak_password_is_refused_with_the_reason(client, alice, password):
    client.force_login(alice)
    assert b"entirely numeric" in change(client, password, "12345678901").content


def test_nobody_else_may_change_a_password(client, db):
    assert not is_signed_in(client)


def test_a_forgotten_password_is_set_anew_by_mail(client, alice, password, sign_in):
    link = ask_for_link(client)
    assert mail.outbox[0].to == ["alice@example.com"]
    assert mail.outbox[0].subject == "Set a new password on testserver"
    assert "Hello alice," in mail.outbox[0].body
    form = client.get(link, follow=True)
    path = form.redirect_chain[-1][0]
    # The token stays out of the address, so that no Referer carries it away.
    assert path.endswith("/set-password/")
    response = client.post(path, {"new_password1": NEW, "new_password2": NEW})
    assert response["Location"] == "/accounts/password-reset/complete/"
    assert sign_in(client, "alice", password).status_code == 200
    assert sign_in(client, "alice", NEW).status_code == 302


def test_a_reset_link_works_once(client, alice):
    link = ask_for_link(client)
    follow(client, link)
    assert b"Link no longer valid" in Client().get(link, follow=True).content


def test_an_invented_reset_link_is_refused(client, db):
    response = client.get("/accounts/password-reset/MQ/abc-def/")
    assert b"Link no longer valid" in response.content
    assert b"new_password1" not in response.content


def test_a_reset_ends_all_sessions_of_the_user(client, alice):
    other = Client()
    other.force_login(alice)
    follow(client, ask_for_link(client))
    assert not is_signed_in(other)


def test_a_reset_lets_a_locked_out_user_in(client, alice, settings, sign_in):
    settings.AXES_FAILURE_LIMIT = 2
    for _ in range(3):
        locked = sign_in(client, "alice", "wrong")
    assert locked.status_code == 429
    follow(client, ask_for_link(client))
    assert sign_in(client, "alice", NEW).status_code == 302


def test_an_unknown_address_is_answered_alike_but_gets_no_mail(client, alice):
    known = client.post("/accounts/password-reset/", {"email": "alice@example.com"})
    unknown = client.post("/accounts/password-reset/", {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(mail.outbox) == 1


def test_a_deactivated_user_gets_no_mail(client, alice):
    User.objects.update(is_active=False)
    client.post("/accounts/password-reset/", {"email": "alice@example.com"})
    assert mail.outbox == []


def test_the_link_of_the_mail_cannot_lead_to_a_made_up_host(client, alice):
    response = client.post(
        "/accounts/password-reset/",
        {"email": "alice@example.com"},
        headers={"host": "evil.example"},
    )
    assert response.status_code == 400
    assert mail.outbox == []
