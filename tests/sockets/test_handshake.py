"""Who may open a socket, and what is said first."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from tests.sockets.conftest import row_of
from tests.support.bare import PATIENCE_S, Bare
from tests.support.client import SocketClient
from tests.support.connection import Refused
from tests.support.servers import SESSION_COOKIE

V1, V2, V3 = (f"notifications.v{number}" for number in (1, 2, 3))


@pytest.fixture
def knock(clients):
    """Open a socket with these headers alone; it is closed in the end."""
    opened = []

    def act(url, *, session=None, **options):
        headers = [*options.pop("headers", ())]
        if session:
            headers.append(("Cookie", f"{SESSION_COOKIE}={session}"))
        client = SocketClient(clients, url, headers=headers, **options)
        opened.append(client)
        return client.open()

    yield act
    for client in opened:
        assert not client.violations, client
        if hasattr(client, "_connection"):
            client.close()


def refused(knock, *arguments, **options):
    """The HTTP status that a handshake was refused with."""
    with pytest.raises(Refused) as caught:
        knock(*arguments, **options)
    return caught.value.status


def is_sent_away(client, code=4001):
    """Whether it was accepted, told why by `bye`, and closed with the code."""
    bye = client.bye
    return (bye["code"], bye["reconnect"], client.until_closed()) == (code, False, code)


def test_hello_is_first_and_tells_all_that_a_client_needs(site, connect, alice, sender):
    sender.send("Before", alice.pk)
    client = connect(alice, site).until_synced()
    hello = client.frames[0]
    assert hello["type"] == "hello"
    assert (hello["protocol"], hello["revision"], hello["floor"]) == (1, 1, 0)
    assert (hello["ping_interval_s"], hello["max_frame_bytes"]) == (25, 4096)
    assert 0 < len(hello["user"]) <= 64
    assert 0 < len(hello["epoch"]) <= 64
    assert hello["connection"]
    assert client.extensions == []


def test_user_and_epoch_are_the_same_on_each_connection_and_over_http(
    site, connect, alice, bob, sign_in
):
    first, second = (connect(alice, site).hello for _ in range(2))
    session = site.get("/api/v1/session", sign_in(alice)).json()
    for name in ("user", "epoch"):
        assert first[name] == second[name] == session[name]
        assert first[name] != connect(bob, site).hello[name]
    assert first["connection"] != second["connection"]


@pytest.mark.parametrize(
    ("offered", "selected"),
    [
        ([], None),
        ([V1], V1),
        (["chat", V1], V1),
        ([V1, "chat"], V1),
        ([V2, V1], V1),
        ([V1, V2], V1),
    ],
)
def test_the_version_that_both_know_is_selected(site, connect, alice, offered, selected):
    client = connect(alice, site, subprotocols=offered).until_synced()
    assert client.subprotocol == selected


@pytest.mark.parametrize(
    ("offered", "selected"), [([V2], V2), ([V3, V2], V3), (["chat", V2], V2), ([V2, "chat"], V2)]
)
def test_an_unknown_version_is_selected_and_sent_away(
    site, knock, sign_in, alice, offered, selected
):
    client = knock(site.url(), session=sign_in(alice), origin=site.origin, subprotocols=offered)
    assert is_sent_away(client, 4010)
    assert client.subprotocol == selected
    assert [frame["type"] for frame in client.frames] == ["bye"]


@pytest.mark.parametrize("session", [None, "", "x" * 32, "../../etc"])
def test_without_a_session_it_is_accepted_and_sent_away(site, knock, session):
    client = knock(site.url(), session=session, origin=site.origin)
    assert is_sent_away(client)
    assert [frame["type"] for frame in client.frames] == ["bye"]


def test_an_expired_session_is_no_session(site, knock, sign_in, alice):
    key = sign_in(alice)
    row_of(key).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert is_sent_away(knock(site.url(), session=key, origin=site.origin))


def test_an_inactive_user_is_sent_away(site, knock, sign_in, alice):
    key = sign_in(alice)
    alice.is_active = False
    alice.save()
    assert is_sent_away(knock(site.url(), session=key, origin=site.origin))


def test_a_session_from_before_the_password_changed_is_sent_away(site, knock, sign_in, alice):
    key = sign_in(alice)
    alice.password = "!changed"
    alice.save()
    assert is_sent_away(knock(site.url(), session=key, origin=site.origin))


def test_a_session_outlives_a_new_secret_key_while_the_old_one_is_a_fallback(
    servers, kind, connect, charlie_watches, knock, sign_in, alice
):
    site = servers.get(
        kind, SECRET_KEY="another-key-" * 4, SECRET_KEY_FALLBACKS=settings.SECRET_KEY
    )
    charlie_watches(site)
    key = sign_in(alice)
    client = knock(site.url(), session=key, origin=site.origin).until_synced()
    client.until_answered()
    # Opening a socket has not signed her out of the rest of the site.
    assert row_of(key).exists()
    assert site.get("/api/v1/session", key).status == 200
    assert is_sent_away(knock(site.url(), session="x" * 32, origin=site.origin))


@pytest.mark.parametrize("with_session", [True, False], ids=["session", "no session"])
@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://evil.example:{port}",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "https://127.0.0.1:{port}",
        "ws://127.0.0.1:{port}",
        "http://sub.127.0.0.1:{port}",
        "http://localhost:{port}",
        "http://127.0.0.1.evil.example:{port}",
        "http://127.0.0.1:{port}@evil.example",
        "http://evil.example@127.0.0.1:{port}",
        "http://127.0.0.1:{port}/",
    ],
)
def test_any_origin_but_our_own_is_refused(site, knock, sign_in, alice, origin, with_session):
    session = sign_in(alice) if with_session else None
    given = [] if origin is None else [("Origin", origin.format(port=site.port))]
    assert refused(knock, site.url(), session=session, headers=given) == 403


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "127.0.0.1:{port}",
        "http://127.0.0.1:{port}x",
        "http://127.0.0.1:{port}.evil.example",
        "http://127.0.0.1:{port}00",
        "http://127.0.0.1:{port} http://evil.example",
    ],
)
def test_what_is_no_origin_at_all_is_refused(site, knock, sign_in, alice, origin):
    given = [("Origin", origin.format(port=site.port))]
    # The servers have looked at it before we do.
    assert refused(knock, site.url(), session=sign_in(alice), headers=given) in {400, 403}


@pytest.mark.parametrize("others", [["http://evil.example"], ["{own}"]], ids=["foreign", "same"])
@pytest.mark.parametrize("own_first", [True, False])
def test_two_origins_are_refused(site, knock, sign_in, alice, others, own_first):
    given = [site.origin, *(other.format(own=site.origin) for other in others)]
    headers = [("Origin", origin) for origin in (given if own_first else given[::-1])]
    assert refused(knock, site.url(), session=sign_in(alice), headers=headers) in {400, 403}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "xlocalhost"])
def test_a_foreign_host_is_refused_with_its_own_origin_too(site, knock, sign_in, alice, host):
    status = refused(
        knock,
        f"ws://{host}:{site.port}/ws/notifications/",
        session=sign_in(alice),
        origin=f"http://{host}:{site.port}",
        address=("127.0.0.1", site.port),
    )
    assert status == 403


def test_each_of_our_names_is_an_origin_of_its_own(site, knock, sign_in, alice):
    url = f"ws://localhost:{site.port}/ws/notifications/"
    client = knock(
        url,
        session=sign_in(alice),
        origin=f"http://localhost:{site.port}",
        address=("127.0.0.1", site.port),
    )
    client.until_synced()
    assert (
        refused(
            knock,
            url,
            session=sign_in(alice),
            origin=site.origin,
            address=("127.0.0.1", site.port),
        )
        == 403
    )


def test_a_trusted_origin_may_open_a_socket_and_its_neighbours_may_not(
    servers, kind, charlie_watches, knock, sign_in, alice
):
    site = servers.get(kind, CSRF_TRUSTED_ORIGINS="https://shop.example,https://*.firm.example")
    charlie_watches(site)
    for origin in ("https://shop.example", "https://a.firm.example"):
        knock(site.url(), session=sign_in(alice), origin=origin).until_synced()
    for origin in ("http://shop.example", "https://shop.example:444", "https://firm.example.net"):
        assert refused(knock, site.url(), session=sign_in(alice), origin=origin) == 403


@pytest.mark.parametrize(
    "path", ["/", "/ws/", "/ws/notifications", "/ws/notifications/x/", "/ws/nothing/", "/inbox/"]
)
def test_an_unknown_path_is_refused_quietly(site, knock, sign_in, alice, path):
    status = refused(knock, site.url(path), session=sign_in(alice), origin=site.origin)
    assert status == 403


@pytest.mark.parametrize(
    "headers",
    [[("Cookie", "a=\x01")], [("Cookie", "a" * 9000)], [(f"X-{n}", "") for n in range(150)]],
    ids=["control", "long", "many"],
)
def test_a_handshake_that_cannot_be_read_does_not_hold_its_connection(site, headers):
    with Bare(site.port) as bare:
        bare.ask_for_websocket("/ws/notifications/", headers)
        assert bare.has_ended(PATIENCE_S)
