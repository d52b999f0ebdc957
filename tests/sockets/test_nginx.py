"""Through an nginx that nobody has told anything of streams."""

import pytest

from tests.sockets.conftest import POLL, SSE
from tests.support.http_client import CLIENTS
from tests.support.nginx import Nginx
from tests.support.servers import SESSION_COOKIE

# Nothing here fills a buffer, so what nginx keeps would come when the stream ends, in an hour.
AT_ONCE_S = 10


@pytest.fixture
def proxy(site):
    with Nginx(site.port) as proxy:
        yield proxy


@pytest.fixture
def through(proxy, clients, sign_in):
    """Open a client of a user through the proxy."""
    opened = []

    def act(user, transport, **options):
        cookie = ("Cookie", f"{SESSION_COOKIE}={sign_in(user)}")
        client = CLIENTS[transport](
            clients, proxy.origin, headers=[cookie], origin=proxy.origin, **options
        )
        opened.append(client.open())
        return client

    yield act
    for client in opened:
        client.close()
        assert not client.violations, client


def test_events_pass_at_once(site, through, sender, sign_in, alice, charlie):
    client, other = (through(user, SSE) for user in (alice, charlie))
    for each in (client, other):
        each.until(lambda c=each: c.synced_times, "it is synced", within_s=AT_ONCE_S)
    pk = sender.send("Hello", alice.pk)
    client.until_revision(1, within_s=AT_ONCE_S)
    site.act(sign_in(alice), "read", pk)
    client.until_revision(2, within_s=AT_ONCE_S)
    assert client.requests == 1
    assert other.until_answered().state.revision == 0


def test_a_poll_is_answered_at_once(through, sender, alice):
    client = through(alice, POLL).until_synced()
    sender.send("Hello", alice.pk)
    client.until_revision(1, within_s=AT_ONCE_S)
