"""A server that is told to end does so, whoever is connected."""

import pytest

from tests.sockets.conftest import ids_seen

ENDS_S = 20


@pytest.fixture
def ending_site(start_server, kind):
    return start_server(kind)


def test_it_ends_with_sockets_open_and_says_no_error(ending_site, connect, sender, alice, bob):
    clients = [connect(user, ending_site, judges=False).until_synced() for user in (alice, bob)]
    stuck = connect(alice, ending_site, reads=False, answers_pings=False, judges=False)
    sender.send("Hello", alice.pk)
    clients[0].until_revision(1)
    assert ending_site.child.terminate(ENDS_S) in {0, -15}
    for client in (*clients, stuck):
        client.read_on()
        client.until_closed()
    assert not ids_seen(clients[1])
