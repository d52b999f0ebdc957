import re
import threading

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import resets
from accounts.models import User

# What mails a link sees only what has been committed.
pytestmark = pytest.mark.django_db(transaction=True)

NEW = "another horse battery"


def change(client, password, new=NEW):
    return client.post(
        "/accounts/password-change/",
        {"old_password": password, "new_password1": new, "new_password2": new},
    )


def ask(client, address, **extra):
    """Ask for a link, and wait until it is mailed, if it is."""
    answer = client.post("/accounts/password-reset/", {"email": address}, **extra)
    resets.wait_until_mailed(within_s=60)
    return answer


def ask_for_link(client):
    """Has a reset link mailed to alice; returns its path."""
    ask(client, "alice@example.com")
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
    assert mail.outbox[0].subject == "Set a new password on Notifications"
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
    known, unknown = ask(client, "alice@example.com"), ask(client, "nobody@example.com")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(mail.outbox) == 1


def test_a_deactivated_user_gets_no_mail(client, alice):
    User.objects.update(is_active=False)
    ask(client, "alice@example.com")
    assert mail.outbox == []


def test_the_link_of_the_mail_cannot_lead_to_a_made_up_host(client, alice):
    response = ask(client, "alice@example.com", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert mail.outbox == []


@pytest.fixture
def held_up():
    """The sending of links waits for something else, until the test ends or lets it go on."""
    go_on = threading.Event()
    resets.mail_soon(lambda: go_on.wait(60) and None)
    yield go_on
    go_on.set()
    resets.wait_until_mailed(within_s=60)


def test_nothing_is_looked_up_before_it_is_answered(client, alice, held_up):
    with CaptureQueriesContext(connection) as queries:
        answers = [
            client.post("/accounts/password-reset/", {"email": f"{name}@example.com"})
            for name in ("alice", "nobody")
        ]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert mail.outbox == []
    assert not [one for one in queries if "accounts_user" in one["sql"]]
    held_up.set()
    resets.wait_until_mailed(within_s=60)
    assert [one.to for one in mail.outbox] == [["alice@example.com"]]


def test_an_address_is_sent_so_many_links_an_hour_whoever_asks(client, alice, bob, settings):
    settings.RESET_RATE_PER_MIN, settings.RESET_MAILS_PER_H = 0, 3
    for name in ("alice", "nobody"):
        codes = [ask(client, f"{name}@example.com").status_code for _ in range(3)]
        assert codes == [302] * 3
        other = Client(REMOTE_ADDR="10.9.9.9")
        for spelling in (f"{name}@example.com", f"{name.upper()}@Example.com"):
            refused = ask(other, spelling)
            assert refused.status_code == 429
            assert 0 < int(refused["Retry-After"]) <= 3600
            assert b"Too many links" in refused.content
    assert len(mail.outbox) == 3
    assert ask(client, "bob@example.com").status_code == 302


def test_who_asks_for_links_to_many_addresses_is_held_back(client, db, settings):
    settings.RESET_RATE_PER_MIN = 2
    codes = [ask(client, f"user{n}@example.com").status_code for n in range(3)]
    assert codes == [302, 302, 429]
    assert ask(Client(REMOTE_ADDR="10.9.9.9"), "user9@example.com").status_code == 302
    strict = Client(enforce_csrf_checks=True, REMOTE_ADDR="10.8.8.8")
    assert [ask(strict, "a@example.com").status_code for _ in range(3)] == [403] * 3
    assert ask(Client(REMOTE_ADDR="10.8.8.8"), "a@example.com").status_code == 302


def test_links_beyond_what_can_wait_are_refused_alike(client, alice, settings, held_up):
    settings.RESET_RATE_PER_MIN = settings.RESET_MAILS_PER_H = 0
    for _ in range(resets.PLACES - 1):
        client.post("/accounts/password-reset/", {"email": "nobody@example.com"})
    for name in ("alice", "nobody"):
        answer = client.post("/accounts/password-reset/", {"email": f"{name}@example.com"})
        assert (answer.status_code, int(answer["Retry-After"]) > 0) == (503, True)


def test_a_mail_that_cannot_be_sent_is_said_in_the_log(client, alice, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert ask(client, "alice@example.com").status_code == 302
    assert f"could not be mailed to user {alice.pk} (ConnectionRefusedError" in caplog.text
    assert "Traceback" not in caplog.text
