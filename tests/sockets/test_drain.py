"""A server process that is told to end sends its clients elsewhere first, and they miss nothing."""

import signal
import threading
from contextlib import contextmanager

import pytest
from django.db import transaction

from notifications.models import Inbox
from tests.sockets.conftest import POLL, SSE, TRANSPORTS, WEBSOCKET, over_all
from tests.support.connection import Refused
from tests.support.http_client import CLIENTS
from tests.support.processes import until
from tests.support.roaming import AnnouncedState, RoamingClient
from tests.support.servers import SESSION_COOKIE, UVICORN

RESTART = 4200
LINGER_S = 5
# The default of NOTIFICATIONS_DRAIN_S.
DRAIN_MS = 10_000
# Much less than a stream lingers.
AT_ONCE_S = LINGER_S - 1
# The time of the streams, and what a slow machine adds.
WITHIN_S = 25


@pytest.fixture
def ending_site(start_server, kind):
    """One of two, of which the other need not run: it is not asked whether it does."""
    return start_server(kind, NOTIFICATIONS_SERVER_PROCESSES=2)


@pytest.fixture
def only_site(start_server, kind):
    return start_server(kind)


@pytest.fixture
def hold(ending_site, connect, charlie):
    """Keep a process from ending by a stream whose client does not leave; charlie's."""
    held = connect(charlie, ending_site, transport=WEBSOCKET).until_synced()

    def act(number=signal.SIGTERM):
        ending_site.child.send(number)
        assert held.bye["code"] == RESTART
        return held

    return act


def is_status(site, path, status):
    return lambda: site.get(path).status == status


@over_all
def test_each_stream_is_told_to_come_back_and_the_process_ends_when_all_have_left(
    ending_site, connect, sender, alice, bob, transport
):
    clients = [connect(user, ending_site).until_synced() for user in (alice, bob)]
    sender.send("Before", alice.pk)
    clients[0].until_revision(1)
    ending_site.child.send(signal.SIGTERM)
    for client in clients:
        if transport != POLL:
            assert client.bye["code"] == RESTART
            assert client.bye["after_ms"] <= DRAIN_MS
        if transport == WEBSOCKET:
            client.close()
        else:
            # It came back, to the same process: that still was there, or not any more.
            assert client.until_closed() in {503, 1006}
    assert ending_site.child.wait(AT_ONCE_S) == 0
    assert clients[1].state.titles() == []


def test_a_socket_is_told_what_happens_until_it_leaves(ending_site, connect, sender, alice):
    client = connect(alice, ending_site).until_synced()
    ending_site.child.send(signal.SIGTERM)
    assert client.bye["reconnect"] is True
    sender.send("After the bye", alice.pk)
    client.until_revision(1)
    assert client.state.titles() == ["After the bye"]


def test_a_socket_that_does_not_leave_is_closed(ending_site, hold):
    held = hold()
    assert held.until_closed() == RESTART
    assert ending_site.child.wait(WITHIN_S) == 0


def test_who_comes_while_it_drains_is_sent_elsewhere(ending_site, hold, connect, alice):
    assert ending_site.get("/readyz").status == 200
    hold()
    assert ending_site.get("/readyz").json()["process"] == "draining"
    assert ending_site.get("/readyz").status == 503
    assert ending_site.get("/healthz").status == 200
    newcomer = connect(alice, ending_site)
    assert newcomer.until_closed() == RESTART
    assert [frame["type"] for frame in newcomer.frames] == ["bye"]
    assert newcomer.bye["after_ms"] > 0
    for transport in (SSE, POLL):
        with pytest.raises(Refused) as refused:
            connect(alice, ending_site, transport=transport)
        assert refused.value.status == 503
        assert int(refused.value.headers["retry-after"]) > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(ending_site, hold, number):
    held = hold(number)
    ending_site.child.send(number)
    assert ending_site.child.wait(AT_ONCE_S) == 0
    assert held.until_closed() in {1006, 1012}


def test_the_only_process_waits_for_nobody(only_site, connect, alice):
    clients = [connect(alice, only_site, transport=one).until_synced() for one in TRANSPORTS]
    assert only_site.child.terminate(AT_ONCE_S) == 0
    for client, transport in zip(clients, TRANSPORTS, strict=True):
        if transport != POLL:
            assert client.bye["code"] == RESTART
            assert client.bye["after_ms"] > 0
        if transport == WEBSOCKET:
            assert client.until_closed() == RESTART


def test_without_streams_it_ends_at_once(ending_site):
    assert ending_site.get("/accounts/login/").status == 200
    assert ending_site.child.terminate(AT_ONCE_S) == 0


def test_who_asks_without_pause_is_always_answered_and_keeps_it_from_nothing(ending_site):
    statuses, refused = [], []

    def ask():
        try:
            while True:
                statuses.append(ending_site.get("/accounts/login/").status)
        except OSError as error:
            refused.append(type(error))

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for one in asking:
        one.start()
    until(lambda: len(statuses) > len(asking), "all are at it")
    assert ending_site.child.terminate(AT_ONCE_S) == 0
    for one in asking:
        one.join()
    assert set(statuses) == {200}
    assert refused == [ConnectionRefusedError] * len(asking)


def test_a_request_that_is_under_way_is_answered(ending_site, sign_in, sender, alice):
    notification_id = sender.send("Read me", alice.pk)
    session = sign_in(alice)
    answers = []
    with locked(alice):
        asking = threading.Thread(
            target=lambda: answers.append(ending_site.act(session, "read", notification_id))
        )
        asking.start()
        # The other one is what asks.
        open_two = "notifications_http_requests_open 2.0"
        until(lambda: open_two in ending_site.get("/metrics").body, "the request is under way")
        ending_site.child.send(signal.SIGTERM)
        until(is_status(ending_site, "/readyz", 503), "it drains")
    asking.join()
    assert answers[0]["changed"] == 1
    assert ending_site.child.wait(WITHIN_S) == 0


@contextmanager
def locked(user):
    """Nobody can act on this inbox meanwhile."""
    with transaction.atomic():
        Inbox.objects.select_for_update().get(user=user)
        yield


# --- A rolling restart ----------------------------------------------------------------------------


@pytest.fixture
def travel(clients, sign_in):
    """Open a client that goes from one process to the other; in the end it must be content."""
    opened = []

    def act(user, transport, sites):
        headers = [("Cookie", f"{SESSION_COOKIE}={sign_in(user)}")]
        if transport == WEBSOCKET:
            client = RoamingClient(clients, sites, headers)
        else:
            client = CLIENTS[transport](clients, sites[0], headers=headers, sites=sites)
            client.state = AnnouncedState()
        opened.append(client.open())
        return client

    yield act
    for client in opened:
        client.close()
        assert not client.violations


@contextmanager
def sending_steadily(sender, *user_ids):
    """Send without pause; the ids, complete when the context is left."""
    sent, stop = [], threading.Event()

    def send():
        while not stop.is_set():
            sent.append(sender.send(f"{len(sent)}", *user_ids))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join()


def test_a_rolling_restart_under_load_loses_and_doubles_nothing(
    start_server, travel, sender, user, charlie
):
    sites = [start_server(UVICORN, NOTIFICATIONS_SERVER_PROCESSES=2) for _ in range(2)]
    origins = [site.origin for site in sites]
    people = [user("alice") for _ in range(4)]
    clients = [(one, travel(one, transport, origins)) for one in people for transport in TRANSPORTS]
    watching = [travel(charlie, transport, origins) for transport in TRANSPORTS]
    with sending_steadily(sender, *(one.pk for one in people)) as sent:
        for n in (0, 1, 0, 1):
            before = len(sent)
            until(lambda before=before: len(sent) >= before + 10, "notifications flow")
            assert sites[n].child.terminate(WITHIN_S) == 0
            assert not sites[n].new_complaints()
            sites[n] = start_server(UVICORN, NOTIFICATIONS_SERVER_PROCESSES=2)
            origins[n] = sites[n].origin
    once = dict.fromkeys(sent, 1)
    for one, client in clients:
        head = Inbox.objects.get(user=one).revision
        assert head == len(sent)
        until(lambda client=client, head=head: client.state.revision >= head, "it is at the head")
        assert client.state.announced == once
        assert client.state.counts["unread"] == len(sent)
    assert all(client.closed is None for _, client in clients if hasattr(client, "closed"))
    assert not any(client.state.announced for client in watching)
