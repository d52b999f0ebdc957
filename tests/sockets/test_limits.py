"""What one user, one address or one connection may take of a server; the others go on meanwhile."""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.apps import apps
from websockets.exceptions import ConnectionClosed, InvalidState

from notifications.models import HistorySlot, Process, StreamRecord
from tests.sockets.conftest import POLL, SSE, WEBSOCKET, over_http
from tests.support.client import SocketClient
from tests.support.connection import Refused
from tests.support.servers import SESSION_COOKIE

MAX = 20
FLOOD = 10_000
MIB = 1024 * 1024


def test_the_newest_connection_beyond_the_most_is_refused(site, connect, sign_in, alice, bob):
    headers = [("Cookie", f"{SESSION_COOKIE}={sign_in(alice)}")]
    clients = [connect(alice, site, headers=headers) for _ in range(30)]
    live, refused = clients[:MAX], clients[MAX:]
    for client in live:
        client.until_synced()
    for client in refused:
        assert (client.bye["code"], client.bye["reconnect"]) == (4102, True)
        assert client.until_closed() == 4102
    connect(bob, site).until_synced()
    live.pop().close()
    connect(alice, site, headers=headers).until_synced()
    for client in live:
        client.until_answered()


@over_http
def test_over_http_it_is_told_by_a_status(servers, kind, connect, alice, bob, transport):
    site = servers.get(kind, NOTIFICATIONS_USER_CONNECTIONS_MAX=2)
    held = [connect(alice, site, transport=WEBSOCKET).until_synced() for _ in range(2)]
    with pytest.raises(Refused) as caught:
        connect(alice, site)
    assert caught.value.status == 429
    assert int(caught.value.headers["retry-after"]) > 0
    connect(bob, site).until_synced()
    for client in held:
        client.until_answered()


def test_an_address_has_so_many_connections(servers, kind, connect, alice, bob):
    site = servers.get(kind, NOTIFICATIONS_ADDRESS_CONNECTIONS_MAX=3)
    held = [connect(alice, site).until_synced() for _ in range(3)]
    refused = connect(bob, site)
    assert refused.until_closed() == 4102
    held[0].close()
    connect(bob, site).until_synced()


def test_a_process_has_so_many_connections(servers, kind, connect, alice, bob):
    site = servers.get(kind, NOTIFICATIONS_CONNECTIONS_MAX=3)
    held = [connect(alice, site).until_synced() for _ in range(2)]
    held.append(connect(alice, site, transport=SSE).until_synced())
    refused = connect(bob, site)
    assert (refused.bye["code"], refused.bye["reconnect"]) == (4101, True)
    assert refused.bye["after_ms"] > 0
    assert refused.until_closed() == 4101
    for transport in (SSE, POLL):
        with pytest.raises(Refused) as caught:
            connect(bob, site, transport=transport)
        assert caught.value.status == 503
        assert int(caught.value.headers["retry-after"]) > 0
    held[0].close()
    connect(bob, site).until_synced()
    held[1].until_answered()
    assert held[2].closed is None


def test_handshakes_come_only_so_often_and_those_beyond_look_nothing_up(
    start_server, kind, clients, connect, sign_in, alice
):
    site = start_server(kind, NOTIFICATIONS_HANDSHAKE_RATE_PER_MIN=6)
    session = sign_in(alice)
    headers = [("Cookie", f"{SESSION_COOKIE}={session}")]
    held = [connect(alice, site, transport=WEBSOCKET).until_synced() for _ in range(6)]
    refused = connect(alice, site, headers=headers)
    bye = refused.bye
    assert (bye["code"], bye["reconnect"], refused.until_closed()) == (4100, True, 4100)
    assert 0 < bye["after_ms"] <= 11_000
    for transport in (SSE, POLL):
        with pytest.raises(Refused) as caught:
            connect(alice, site, transport=transport)
        assert caught.value.status == 429
        assert 0 < int(caught.value.headers["retry-after"]) <= 11
    for client in held:
        client.until_answered()


def raw_flood(client, message):
    """Send it again and again, until the server has closed."""

    async def flood():
        try:
            for _ in range(FLOOD):
                await message(client._connection)
        except ConnectionClosed:
            return

    client._clients.run(flood())


async def small_frame(connection):
    await connection.send('{"type":"ping"}')


async def control_ping(connection):
    # Not ``connection.ping()``, which keeps each until it is answered.
    with contextlib.suppress(InvalidState):
        connection.protocol.send_ping(b"")
        connection.send_data()
    await asyncio.sleep(0)


@pytest.mark.parametrize("message", [small_frame, control_ping], ids=lambda one: one.__name__)
def test_a_flood_ends_its_connection_and_costs_no_memory(
    site, clients, connect, sign_in, alice, bob, message
):
    witness = connect(bob, site).until_synced()
    for _ in range(2):  # what the first one makes the process take is there for the next
        before = site.rss_bytes()
        client = connect(alice, site, judges=False).until_synced()
        raw_flood(client, message)
        assert client.until_closed() in {4100, 1006}
        witness.until_answered()
    assert site.rss_bytes() - before < 4 * MIB
    assert not witness.of_type("bye")


def test_who_pings_within_the_limit_stays(site, connect, alice):
    client = connect(alice, site).until_synced()
    for _ in range(30):
        client.send({"type": "ping"})
    client.until(lambda: len(client.of_type("pong")) == 30, "all are answered")
    assert not client.of_type("bye")


@pytest.mark.parametrize("session", [None, "x" * 32])
def test_a_handshake_of_nobody_writes_nothing(site, clients, session):
    def knock(_number):
        headers = [("Cookie", f"{SESSION_COOKIE}={session}")] if session else []
        client = SocketClient(clients, site.url(), origin=site.origin, headers=headers).open()
        return client.until_closed()

    before = rows()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(knock, range(40))) == {4001}
    assert rows() == before


def rows():
    """All that is stored, but for what servers write of themselves."""
    return {
        model: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model not in {HistorySlot, Process, StreamRecord}
    }
