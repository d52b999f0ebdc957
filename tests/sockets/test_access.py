"""Whose access ends, their streams end: on every process, at once, and nobody else's do."""

import re
import signal
import time
import urllib.parse
import urllib.request
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts import devices
from accounts.models import Session, User
from accounts.sessions import SessionStore
from notifications.credentials import keys, tokens
from notifications.models import AccessToken, ApiKey
from tests.sockets.conftest import ON_SQLITE, POLL, SSE, WEBSOCKET, over_all, row_of
from tests.support.processes import until
from tests.support.redis_server import RedisServer
from tests.support.servers import CSRF_COOKIE, DAPHNE, SESSION_COOKIE, UVICORN
from tests.support.sessions import login_by

V1 = "notifications.v1"
# A second, and what a busy machine takes to say so; much less than the minute to the next look.
AT_ONCE_S = 10.0
# For as long a session lasts that ends: longer than a busy machine takes to open its stream.
EXPIRES_S = 4
PASSWORD = "correct horse battery"


def is_signed_out(client, within_s=AT_ONCE_S):
    """Whether it is told so, in its transport's way, within the time."""
    code = client.until_closed(within_s)
    if client.of_type("bye"):
        assert (client.bye["code"], client.bye["reconnect"]) == (4001, False)
    return code in {4001, 401}


def cookie(session):
    return {"headers": [("Cookie", f"{SESSION_COOKIE}={session}")]}


def bearer(token, transport):
    if transport == WEBSOCKET:
        return {"origin": None, "headers": [], "subprotocols": [V1, f"token.{token}"]}
    return {"origin": None, "headers": [("Authorization", f"Bearer {token}")]}


def post(site, path, session, **fields):
    """Post a form of a page with a session's cookie; the answer's own session key, or None."""
    csrf = "csrf" * 8
    request = urllib.request.Request(
        f"{site.origin}{path}",
        urllib.parse.urlencode({"csrfmiddlewaretoken": csrf, **fields}).encode(),
        {"Cookie": f"{CSRF_COOKIE}={csrf}; {SESSION_COOKIE}={session}"},
    )
    opener = urllib.request.build_opener(NoRedirect)
    with opener.open(request, timeout=60) as answer:
        assert answer.status == 302, answer.read()
        said = " ".join(answer.headers.get_all("Set-Cookie", ()))
    found = re.search(rf"{SESSION_COOKIE}=(\w+)", said)
    return found and found.group(1)


class NoRedirect(urllib.request.HTTPErrorProcessor):
    def http_response(self, _request, response):
        return response


# What ends a session, and whether the user's other sessions go with it.
def logout(user, session, site):
    post(site, "/accounts/logout/", session)


def sign_out_of_device(user, session, site):
    (one,) = [one for one in devices.devices_of(user, session) if one.is_this]
    assert devices.sign_out(user, one.id)


def delete_session(user, session, site):
    row_of(session).delete()


def flush_session(user, session, site):
    SessionStore(session).flush()


def clear_sessions(user, session, site):
    row_of(session).update(expire_date=timezone.now())
    call_command("clearsessions")


def set_password(user, session, site):
    found = User.objects.get(pk=user.pk)
    found.set_password("another one")
    found.save()


def set_password_alone(user, session, site):
    user.password = make_password("another one")
    user.save(update_fields=["password"])


def deactivate(user, session, site):
    found = User.objects.get(pk=user.pk)
    found.is_active = False
    found.save()


def delete_user(user, session, site):
    User.objects.filter(pk=user.pk).delete()


def sign_out_everywhere(user, session, site):
    assert devices.sign_out_everywhere(user) >= 2


OF_A_SESSION = [logout, sign_out_of_device, delete_session, flush_session, clear_sessions]
OF_A_USER = [set_password, set_password_alone, deactivate, delete_user, sign_out_everywhere]


@pytest.fixture
def others(connect, sender, alice, bob):
    """Streams that nothing may end: bob's, and of alice's other session where it is to stay."""

    class Others:
        def __init__(self, site):
            self._watching = [(bob, connect(bob, site, transport=WEBSOCKET).until_synced())]

        def and_of_alice(self, site):
            self._watching.append((alice, connect(alice, site, transport=WEBSOCKET)))
            return self

        def go_on(self):
            for user, client in self._watching:
                client.until_synced()
                sender.send("Go on", user.pk)
                client.until_revision(user.notifications_inbox.revision)
                assert not client.of_type("bye")

    return Others


@pytest.mark.parametrize("cause", OF_A_SESSION, ids=lambda cause: cause.__name__)
def test_when_a_session_ends_its_streams_do_and_no_others(
    site, other_site, connect, sign_in, others, alice, cause
):
    session = sign_in(alice)
    streams = [connect(alice, one, **cookie(session)).until_synced() for one in (site, other_site)]
    rest = others(site).and_of_alice(other_site)
    cause(alice, session, other_site)
    assert all(is_signed_out(stream) for stream in streams)
    rest.go_on()


@pytest.mark.parametrize("cause", OF_A_USER, ids=lambda cause: cause.__name__)
def test_when_a_users_access_ends_all_their_streams_do(
    site, other_site, connect, others, alice, cause
):
    streams = [connect(alice, one).until_synced() for one in (site, other_site)]
    rest = others(site)
    cause(alice, None, site)
    assert all(is_signed_out(stream) for stream in streams)
    rest.go_on()


@over_all
@pytest.mark.parametrize("cause", [logout, deactivate], ids=lambda cause: cause.__name__)
def test_on_every_transport(site, other_site, connect, sign_in, others, alice, transport, cause):
    session = sign_in(alice)
    streams = [connect(alice, one, **cookie(session)).until_synced() for one in (site, other_site)]
    rest = others(other_site)
    cause(alice, session, site)
    assert all(is_signed_out(stream) for stream in streams)
    rest.go_on()


@over_all
@pytest.mark.parametrize("cause", ["revoke", "delete", "session"])
def test_when_a_token_is_revoked_its_streams_end(
    site, other_site, connect, sign_in, others, alice, transport, cause
):
    session = sign_in(alice)
    key, _ = keys.make("shop", ["tokens"], origins=[])
    by = {"session": login_by(row_of(session).get())} if cause == "session" else {"api_key": key}
    token, _ = tokens.issue(alice, origins=[], **by)
    streams = [
        connect(alice, one, **bearer(token, transport)).until_synced() for one in (site, other_site)
    ]
    rest = others(site).and_of_alice(site)
    if cause == "revoke":
        assert keys.revoke(ApiKey.objects.filter(pk=key.pk)) == 1
    elif cause == "delete":
        AccessToken.objects.filter(user=alice).delete()
    else:
        row_of(session).delete()
    assert all(is_signed_out(stream) for stream in streams)
    rest.go_on()


def give_password(user):
    # Not the tests' own hash, which no server knows.
    user.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    user.save()


@over_all
def test_a_new_password_of_ones_own_keeps_the_session_that_made_it(
    site, other_site, connect, sign_in, alice, transport, sender
):
    give_password(alice)
    session, elsewhere = sign_in(alice), sign_in(alice)
    kept = [
        connect(alice, one, comes_back=False, **cookie(session))
        if transport == SSE
        else connect(alice, one, **cookie(session))
        for one in (site, other_site)
    ]
    ended = connect(alice, other_site, **cookie(elsewhere)).until_synced()
    for one in kept:
        one.until_synced()
    new = post(
        site, "/accounts/password-change/", session,
        old_password=PASSWORD, new_password1="Quite another 1", new_password2="Quite another 1",
    )  # fmt: skip
    assert new
    assert new != session
    assert is_signed_out(ended)
    if transport != POLL:  # its next question is asked with the new cookie
        for one in kept:
            bye = one.until(lambda one=one: one.bye, "that it shall come back", AT_ONCE_S)
            assert (bye["code"], bye["reconnect"]) == (4202, True)
    fresh = connect(alice, site, **cookie(new)).until_synced()
    sender.send("Hello", alice.pk)
    fresh.until_revision(1)
    for one in kept if transport == WEBSOCKET else []:
        one.until_revision(1)
        assert one.until_closed() == 4202
    if transport == WEBSOCKET:
        assert is_signed_out(connect(alice, site, **cookie(session)))


@over_all
def test_a_session_that_expires_ends_its_streams_and_what_comes_later_is_not_told(
    site, connect, sign_in, sender, alice, transport
):
    began_at = time.monotonic()
    session = sign_in(alice, expires_in_s=EXPIRES_S)
    stream = connect(alice, site, **cookie(session)).until_synced()
    assert is_signed_out(stream, within_s=EXPIRES_S + AT_ONCE_S)
    assert time.monotonic() > began_at + EXPIRES_S - 0.5
    sender.send("Too late", alice.pk)
    witness = connect(alice, site).until_synced()
    assert witness.state.titles() == ["Too late"]
    assert stream.state.titles() == []


def test_a_session_that_was_prolonged_keeps_its_streams(site, connect, sign_in, sender, alice):
    session = sign_in(alice, expires_in_s=EXPIRES_S)
    other = sign_in(alice, expires_in_s=EXPIRES_S + 1)
    short = connect(alice, site, **cookie(other)).until_synced()
    stream = connect(alice, site, **cookie(session)).until_synced()
    later = timezone.now() + timedelta(hours=1)
    row_of(session).update(expire_date=later)
    assert is_signed_out(short, within_s=EXPIRES_S + 1 + AT_ONCE_S)
    sender.send("Hello", alice.pk)
    stream.until_revision(1)
    assert not stream.of_type("bye")


UPDATES = {
    "deactivated": lambda user, session: User.objects.filter(pk=user.pk).update(is_active=False),
    "password": lambda user, session: User.objects.filter(pk=user.pk).update(password="!x"),
    "session": lambda user, session: row_of(session).update(expire_date=timezone.now()),
    "raw deletion": lambda user, session: row_of(session)._raw_delete("default"),
}


@pytest.mark.parametrize("how", UPDATES)
def test_what_an_update_took_away_is_found_by_looking_again(
    servers, kind, connect, sign_in, sender, alice, bob, how
):
    site = servers.get(kind, NOTIFICATIONS_ACCESS_CHECK_S=1)
    session = sign_in(alice)
    streams = [
        connect(alice, site, transport=one, **cookie(session)).until_synced()
        for one in (WEBSOCKET, SSE, POLL)
    ]
    witness = connect(bob, site).until_synced()
    UPDATES[how](alice, session)
    assert all(is_signed_out(stream, within_s=1 + AT_ONCE_S) for stream in streams)
    sender.send("Go on", bob.pk)
    witness.until_revision(1)


def test_a_login_does_not_end_other_sessions(site, connect, sign_in, sender, alice):
    give_password(alice)
    stream = connect(alice, site, **cookie(sign_in(alice))).until_synced()
    before = alice.notifications_inbox.access_version
    assert post(site, "/accounts/login/", "", username=alice.username, password=PASSWORD)
    User.objects.get(pk=alice.pk).save()
    alice.notifications_inbox.refresh_from_db()
    assert alice.notifications_inbox.access_version == before
    sender.send("Hello", alice.pk)
    stream.until_revision(1)
    assert not stream.of_type("bye")


@pytest.fixture
def redis_on_sqlite():
    if not ON_SQLITE:
        yield None
        return
    with RedisServer() as redis:
        yield redis


@pytest.fixture
def pair(redis_on_sqlite, start_server):
    """Two servers on one database: with Redis on SQLite, without it on PostgreSQL."""
    kinds = [DAPHNE, UVICORN] if ON_SQLITE else [UVICORN, UVICORN]
    url = redis_on_sqlite.url if redis_on_sqlite else ""
    return [start_server(one, REDIS_URL=url) for one in kinds]


@over_all
def test_with_a_layer_and_without(pair, connect, sign_in, alice, bob, transport, sender):
    session = sign_in(alice)
    streams = [connect(alice, one, **cookie(session)).until_synced() for one in pair]
    all_of_bob = [connect(bob, one).until_synced() for one in pair]
    stays = connect(alice, pair[0], transport=WEBSOCKET).until_synced()
    logout(alice, session, pair[1])
    assert all(is_signed_out(stream) for stream in streams)
    deactivate(bob, None, None)
    assert all(is_signed_out(stream) for stream in all_of_bob)
    sender.send("Hello", alice.pk)
    stays.until_revision(1)


def test_a_key_that_is_replaced_logs_nobody_out(start_server, kind, connect, sign_in, alice):
    session = sign_in(alice)
    first = start_server(kind)
    client = connect(alice, first, judges=False, **cookie(session)).until_synced()
    assert first.stop() in {0, -signal.SIGTERM}
    client.until_closed()
    replaced = {"SECRET_KEY": "replaced" * 8, "NOTIFICATIONS_ACCESS_CHECK_S": 0.5}
    second = start_server(kind, SECRET_KEY_FALLBACKS=settings.SECRET_KEY, **replaced)
    again = connect(alice, second, state=client.state.copy(), **cookie(session)).until_synced()
    expiring = connect(alice, second, **cookie(sign_in(alice, expires_in_s=EXPIRES_S)))
    expiring.until_synced()
    # So the others were looked at, too.
    assert is_signed_out(expiring, within_s=EXPIRES_S + AT_ONCE_S)
    again.until_answered()
    assert not again.of_type("bye")
    # Django warns of what it cannot read.
    third = start_server(kind, may_warn=True, **replaced)
    assert is_signed_out(connect(alice, third, **cookie(session)))


def test_a_database_that_fails_ends_nothing(start_server, kind, connect, sign_in, sender, alice):
    site = start_server(kind, NOTIFICATIONS_ACCESS_CHECK_S=0.2, may_warn=True)
    session = sign_in(alice)
    stream = connect(alice, site, **cookie(session)).until_synced()
    renamed = Session._meta.db_table + "_away"
    rename(Session._meta.db_table, renamed)
    try:
        until(lambda: "could not be looked up" in site.child.output(), "a look fails")
        sender.send("Hello", alice.pk)
        stream.until_revision(1)
        assert not stream.of_type("bye")
    finally:
        rename(renamed, Session._meta.db_table)
    delete_session(alice, session, site)
    assert is_signed_out(stream, within_s=1 + AT_ONCE_S)


def rename(old, new):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")
