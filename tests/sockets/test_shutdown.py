"""A server that is told to end does so, whoever is connected."""

import pytest

from tests.sockets.conftest import TRANSPORTS, WEBSOCKET, ids_seen

ENDS_S = 20


@pytest.fixture
def ending_site(start_server, kind):
    return start_server(kind)


def test_it_ends_with_streams_open_and_says_no_error(ending_site, connect, sender, alice, bob):
    hers, his = (
        [connect(user, ending_site, transport=one, judges=False) for one in TRANSPORTS]
        for user in (alice, bob)
    )
    for client in (*hers, *his):
        client.until_synced()
    stuck = []
    for one in TRANSPORTS:
        silent = {"answers_pings": False} if one == WEBSOCKET else {}
        options = {"reads": False, "judges": False, **silent}
        stuck.append(connect(alice, ending_site, transport=one, **options))
    sender.send("Hello", alice.pk)
    for client in hers:
        client.until_revision(1)
    assert ending_site.child.terminate(ENDS_S) in {0, -15}
    for client in (*hers, *his, *stuck):
        client.read_on()
        client.until_closed()
    assert not any(ids_seen(client) for client in his)
