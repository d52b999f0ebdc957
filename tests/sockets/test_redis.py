"""Redis may die, hang or drop us: no stream closes, nobody waits, and hints come back with it."""

import statistics
import time

import pytest

from tests.sockets.conftest import over_all
from tests.sockets.sender import start_sender
from tests.support.processes import until
from tests.support.redis_server import RedisServer
from tests.support.servers import UVICORN

# What a sender or an act may take, and what a delivery by the reconciler.
ACT_MAX_S = 1.2
DELIVERED_S = 1.5
HANGS_S = 10
# With the reconciler out of the way only a hint is as fast as this.
HINTED_S = 1.0
NO_RECONCILER = {"NOTIFICATIONS_RECONCILE_S": 10}
IN_A_ROW = 3


@pytest.fixture
def own_redis():
    """One that a test may break: nobody else's servers use it."""
    with RedisServer() as redis:
        yield redis


@pytest.fixture
def start_pair(servers, own_redis, start_server, charlie_watches):
    """Start two servers of our own, and a sender, on that Redis."""

    def start(**settings):
        settings |= {"REDIS_URL": own_redis.url}
        sites = [start_server(UVICORN, may_warn=True, **settings) for _ in range(2)]
        for site in sites:
            charlie_watches(site)
        return sites, start_sender(servers, **settings)

    return start


def took_s(act, *arguments):
    began_at = time.monotonic()
    act(*arguments)
    return time.monotonic() - began_at


class Office:
    """Alice's clients on both servers, and what is sent to her while something is broken."""

    def __init__(self, sites, sender, connect, session, alice):
        self.sites, self._sender, self._session, self._alice = sites, sender, session, alice
        self.clients = [connect(alice, site).until_synced() for site in sites]
        self._pk = None
        # What each send and act took, in seconds.
        self._waits = []

    def waited_s(self):
        """What half of the sends and acts took, at most: any single one may meet a busy machine."""
        return statistics.median(self._waits)

    def send(self, within_s):
        revision = self.clients[0].state.revision + 1
        self._pk = None
        self._waits.append(took_s(self._send))
        self._arrives(revision, within_s)

    def act(self, site, op, within_s):
        revision = self.clients[0].state.revision + 1
        self._waits.append(took_s(site.act, self._session, op, self._pk))
        self._arrives(revision, within_s)

    def is_hinted(self):
        """Whether a send and an act reach both clients by hints alone."""
        try:
            self.send(HINTED_S)
            for site, op in zip(self.sites, ("read", "unread"), strict=True):
                self.act(site, op, HINTED_S)
        except TimeoutError:
            return False
        return True

    def is_hinted_again(self):
        """Wait until hints come as they did."""
        until(lambda: all(self.is_hinted() for _ in range(IN_A_ROW)), "hints come again")

    def _send(self):
        self._pk = self._sender.send("Hello", self._alice.pk)

    def _arrives(self, revision, within_s):
        began_at = time.monotonic()
        for client in self.clients:
            left_s = began_at + within_s - time.monotonic()
            client.until_revision(revision, within_s=max(left_s, 0.001))


@pytest.fixture
def open_office(start_pair, connect, sign_in, alice):
    def start(**settings):
        sites, sender = start_pair(**settings)
        return Office(sites, sender, connect, sign_in(alice), alice)

    return start


@over_all
def test_redis_is_killed_and_comes_back(own_redis, open_office, connect, bob, notify):
    office = open_office()
    office.send(DELIVERED_S)
    own_redis.kill()
    for _ in range(5):
        office.send(DELIVERED_S)
        for site, op in zip(office.sites, ("read", "unread"), strict=True):
            office.act(site, op, DELIVERED_S)
    assert office.waited_s() < ACT_MAX_S
    # Sockets open meanwhile, and what a command sends reaches them.
    late = [connect(bob, site).until_synced() for site in office.sites]
    command = notify("Hello", "--user", bob.username, REDIS_URL=own_redis.url)
    assert "Traceback" not in command.output()
    for client in late:
        client.until_revision(1, within_s=DELIVERED_S)
    own_redis.start()
    for client in (*office.clients, *late):
        client.until_answered()
        assert client.closed is None


@over_all
def test_redis_hangs(own_redis, open_office, connect, servers, bob):
    office = open_office()
    office.send(DELIVERED_S)
    with own_redis.frozen():
        began_at = time.monotonic()
        while time.monotonic() - began_at < HANGS_S:
            office.send(DELIVERED_S)
            for site, op in zip(office.sites, ("read", "unread"), strict=True):
                office.act(site, op, DELIVERED_S)
        assert office.waited_s() < ACT_MAX_S
        late = [connect(bob, site).until_synced() for site in office.sites]
        command = servers.manage("notify", "Hello", "--user", bob.username, REDIS_URL=own_redis.url)
        until(lambda: "sent: 1 recipient" in command.output(), "the command sends")
        # It gives the hint its second, and no more.
        assert took_s(command.wait) < HANGS_S
        assert command.status == 0
        for client in late:
            client.until_revision(1, within_s=DELIVERED_S)
    for client in (*office.clients, *late):
        client.until_answered()
        assert client.closed is None


def test_hints_come_again_after_redis_was_killed(own_redis, open_office):
    office = open_office(**NO_RECONCILER)
    office.is_hinted_again()
    own_redis.kill()
    own_redis.start()
    office.is_hinted_again()


def test_hints_come_again_after_redis_hung(own_redis, open_office):
    office = open_office(**NO_RECONCILER)
    office.is_hinted_again()
    with own_redis.frozen():
        # Until the servers have noticed, and made up for it.
        office.send(within_s=60)
    office.is_hinted_again()


def test_hints_come_again_after_redis_dropped_who_subscribed(own_redis, open_office):
    office = open_office(**NO_RECONCILER)
    office.is_hinted_again()
    for _ in range(3):
        assert own_redis.cut_subscribers() > 0
        office.is_hinted_again()
