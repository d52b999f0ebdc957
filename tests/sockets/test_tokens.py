"""Tokens open sockets, where a cookie cannot: on pages elsewhere, and in native clients."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.credentials import keys, tokens
from notifications.models import AccessToken, Inbox, Notification
from tests.sockets.conftest import ids_of, ids_seen, row_of
from tests.support.client import SocketClient
from tests.support.connection import Refused
from tests.support.servers import SESSION_COOKIE
from tests.support.sessions import login_by

V1 = "notifications.v1"
SHOP = "https://shop.example"
RENEW_BEFORE_S = 30
LATE_S = 10


@pytest.fixture
def key(transactional_db):
    return keys.make("shop", ["tokens", "send:user"], origins=[SHOP])


@pytest.fixture
def token_for(key):
    """Make a token for a user, as a service with a key does."""

    def make(user):
        return tokens.issue(user, origins=[SHOP], api_key=key[0])[0]

    return make


@pytest.fixture
def knock(clients):
    """Open a socket with a token; it is closed in the end, and must have broken no rule."""
    opened = []

    def act(site, token, *, origin=None, session=None, offered=None, path=None, **options):
        client = SocketClient(
            clients,
            site.url(path) if path else site.url(),
            origin=origin,
            headers=[("Cookie", f"{SESSION_COOKIE}={session}")] if session else [],
            subprotocols=[V1, f"token.{token}"] if offered is None else offered,
            **options,
        )
        opened.append(client)
        return client.open()

    yield act
    for client in opened:
        assert not client.violations, client
        if hasattr(client, "_connection"):
            client.close()


def is_sent_away(client, code):
    bye = client.bye
    assert [frame["type"] for frame in client.frames] == ["bye"]
    return (bye["code"], bye["reconnect"], client.until_closed()) == (code, False, code)


@pytest.mark.parametrize("origin", [SHOP, None], ids=["page elsewhere", "native client"])
def test_a_token_opens_the_socket_of_its_user_and_is_never_echoed(
    site, knock, token_for, sender, alice, bob, origin
):
    token = token_for(alice)
    client = knock(site, token, origin=origin).until_synced()
    assert client.subprotocol == V1
    sender.send("For bob", bob.pk)
    sender.send("For alice", alice.pk)
    client.until_revision(1)
    assert client.state.titles() == ["For alice"]
    assert ids_seen(client) <= ids_of(alice)
    assert token not in site.child.output()


def test_a_token_beats_a_cookie(site, knock, token_for, sign_in, sender, alice, bob):
    sender.send("For alice", alice.pk)
    client = knock(site, token_for(alice), origin=SHOP, session=sign_in(bob)).until_synced()
    assert client.state.titles() == ["For alice"]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://shop.example", "https://shop.example:444", "null", "{own}"],
)
def test_on_another_origin_it_is_told_so(site, knock, token_for, sign_in, alice, origin):
    client = knock(
        site, token_for(alice), origin=origin.format(own=site.origin), session=sign_in(alice)
    )
    assert is_sent_away(client, 4003)
    assert client.subprotocol == V1


@pytest.mark.parametrize("origin", [SHOP, None, "https://evil.example", "{own}"])
@pytest.mark.parametrize("wrong", ["", "x", "nt_" + "A" * 43])
def test_a_token_that_is_none_is_sent_away_whatever_cookie_comes_with_it(
    site, knock, sign_in, alice, wrong, origin
):
    origin = origin and origin.format(own=site.origin)
    assert is_sent_away(knock(site, wrong, origin=origin, session=sign_in(alice)), 4001)


def test_a_key_is_no_token(site, knock, key):
    assert is_sent_away(knock(site, key[1], origin=SHOP), 4001)


def test_a_token_that_is_over_is_sent_away(site, knock, token_for, sign_in, alice, key):
    expired = token_for(alice)
    AccessToken.objects.filter(user=alice).update(expires_at=timezone.now())
    of_key = token_for(alice)
    session = row_of(sign_in(alice)).get()
    of_session, _ = tokens.issue(alice, origins=[SHOP], session=login_by(session))
    for token in (of_session, of_key):
        knock(site, token, origin=SHOP).until_synced()
    session.delete()
    keys.revoke(type(key[0]).objects.filter(pk=key[0].pk))
    for token in (expired, of_session, of_key):
        assert is_sent_away(knock(site, token, origin=SHOP), 4001)


def test_a_token_in_a_url_is_no_credential(site, knock, token_for, alice):
    path = f"/ws/notifications/?token={token_for(alice)}"
    assert is_sent_away(knock(site, "", origin=site.origin, offered=[V1], path=path), 4001)
    with pytest.raises(Refused):
        knock(site, "", origin=SHOP, offered=[V1], path=path)


def test_a_foreign_host_is_refused_with_a_token_too(clients, site, token_for, alice):
    client = SocketClient(
        clients,
        f"ws://evil.example:{site.port}/ws/notifications/",
        origin=SHOP,
        subprotocols=[V1, f"token.{token_for(alice)}"],
        address=("127.0.0.1", site.port),
    )
    with pytest.raises(Refused) as caught:
        client.open()
    assert caught.value.status == 403


def test_the_echo_takes_no_token_for_an_origin(site, knock, token_for, alice):
    with pytest.raises(Refused) as caught:
        knock(site, token_for(alice), origin=SHOP, path="/ws/echo/")
    assert caught.value.status == 403


def test_before_a_token_ends_the_client_is_told_to_come_back_with_another(
    site, knock, token_for, sender, alice
):
    token = token_for(alice)
    ends_in_s = RENEW_BEFORE_S + 4
    AccessToken.objects.filter(user=alice).update(
        expires_at=timezone.now() + timedelta(seconds=ends_in_s)
    )
    began_at = time.monotonic()
    client = knock(site, token, origin=SHOP).until_synced()
    bye = client.until(lambda: client.bye, "a bye", within_s=4 + LATE_S)
    assert time.monotonic() - began_at > 3
    assert (bye["code"], bye["reconnect"]) == (4202, True)
    # As the protocol asks: first the new one, and until then nothing is missed.
    fresh = knock(site, token_for(alice), origin=SHOP, state=client.state).until_synced()
    sender.send("Hello", alice.pk)
    for one in (client, fresh):
        one.until_revision(1)
    assert client.until_closed() == 4202
    assert fresh.of_type("bye") == []


def test_what_a_service_sends_and_edits_shows_at_once(site, knock, token_for, key, alice, charlie):
    client = knock(site, token_for(alice), origin=SHOP).until_synced()
    body = {"audience": {"users": [alice.username]}, "title": "Draft"}
    sent = site.call("POST", "/api/v1/notifications", key[1], body)
    assert sent.status == 201, sent
    client.until_revision(1)
    assert client.state.titles() == ["Draft"]
    path = f"/api/v1/notifications/{sent.json()['id']}"
    assert site.call("PATCH", path, key[1], {"title": "Final"}).status == 200
    client.until_revision(2)
    (one,) = client.state.listed()
    assert (one["title"], one["arrived_revision"], one["revision"]) == ("Final", 1, 2)
    assert client.state.counts == {"unread": 1, "unseen": 1}
    assert site.call("DELETE", path, key[1]).json()["status"] == "withdrawn"
    client.until_revision(3)
    assert client.state.titles() == []
    assert Inbox.objects.get(user=charlie).revision == 0
    assert key[1] not in site.child.output()


def test_a_token_is_made_and_used_over_http(site, knock, key, sign_in, alice):
    made = site.call("POST", "/api/v1/tokens", key[1], {"user": alice.username})
    assert (made.status, made.json()["expires_in"]) == (201, 600)
    token = made.json()["token"]
    assert site.call("GET", "/api/v1/session", token, Origin=SHOP).status == 200
    knock(site, token, origin=SHOP).until_synced()


def test_twenty_requests_with_one_key_send_one_notification(site, other_site, key, alice):
    body = {"audience": {"users": [alice.username]}, "title": "Once"}
    name = {"Idempotency-Key": f"order-{alice.pk}"}

    def send(number):
        to = (site, other_site)[number % 2]
        return to.call("POST", "/api/v1/notifications", key[1], body, **name)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert sorted(answer.status for answer in answers) == [200] * 19 + [201]
    assert len({json.loads(answer.body)["id"] for answer in answers}) == 1
    assert Notification.objects.filter(sent_by=key[0].identity).count() == 1
    assert alice.notifications_inbox.items.count() == 1
