"""A server that is told to end does so, whoever is connected."""

import pytest

from tests.sockets.conftest import WEBSOCKET, ids_seen, over_all

ENDS_S = 20


@pytest.fixture
def ending_site(start_server, kind):
    return start_server(kind)


@over_all
def test_it_ends_with_streams_open_and_says_no_error(
    ending_site, connect, sender, alice, bob, transport
):
    clients = [connect(user, ending_site, judges=False).until_synced() for user in (alice, bob)]
    silent = {"answers_pings": False} if transport == WEBSOCKET else {}
    stuck = connect(alice, ending_site, reads=False, judges=False, **silent)
    sender.send("Hello", alice.pk)
    clients[0].until_revision(1)
    assert ending_site.child.terminate(ENDS_S) in {0, -15}
    for client in (*clients, stuck):
        client.read_on()
        client.until_closed()
    assert not ids_seen(clients[1])
