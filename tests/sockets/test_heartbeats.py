"""Both sides know whether the other one is there."""

import time

import pytest

from tests.sockets.conftest import KINDS

PING_INTERVAL_S = 1
PONG_TIMEOUT_S = 10
# After a `bye` that lingers.
LINGER_S = 5
# What a busy machine may be late by.
LATE_S = 10
# Longer than any stock layer's receive lasts (5 s), and than a pong may take.
IDLE_PINGS = 12
BEATS = {"NOTIFICATIONS_PING_INTERVAL_S": PING_INTERVAL_S, "NOTIFICATIONS_RECONCILE_S": 30}


def seconds_until(condition, began_at):
    condition()
    return time.monotonic() - began_at


def test_a_client_lives_as_long_as_it_pongs_and_another_one_does_not(
    servers, connect, sender, sign_in, alice, charlie_watches
):
    sites = [servers.get(kind, **BEATS) for kind in KINDS]
    sites += [servers.get(kind, replica=1, **BEATS) for kind in KINDS if len(KINDS) == 1]
    for site in sites:
        charlie_watches(site)
    pongs = [connect(alice, site).until_synced() for site in sites]
    began_at = time.monotonic()
    # With a cursor at the head: nothing is outstanding.
    silent = [
        connect(alice, site, state=pongs[0].state, answers_pings=False).until_synced()
        for site in sites
    ]
    for client in silent:
        assert client.hello["ping_interval_s"] == PING_INTERVAL_S
        took_s = seconds_until(client.until_closed, began_at)
        assert client.closed[0] == client.bye["code"] == 4204, client
        assert client.bye["reconnect"] is True
        assert PONG_TIMEOUT_S <= took_s < PONG_TIMEOUT_S + PING_INTERVAL_S + LATE_S
    for client in pongs:
        client.until(lambda c=client: len(c.of_type("ping")) >= IDLE_PINGS, "the pings come")
        assert {frame["revision"] for frame in client.of_type("ping")} == {0}
    # Neither has anything between them fallen asleep: it does not take the reconciler.
    pk = sender.send("Hello", alice.pk)
    for client in pongs:
        client.until_revision(1, within_s=LATE_S)
    sites[0].act(sign_in(alice), "read", pk)
    for client in pongs:
        client.until_revision(2, within_s=LATE_S)
        client.until(lambda c=client: c.of_type("ping")[-1]["revision"] == 2, "its revision")


def test_an_unasked_pong_and_a_ping_do_not_stand_in_for_the_one_that_is_due(
    servers, kind, connect, alice
):
    site = servers.get(kind, **BEATS)
    client = connect(alice, site, answers_pings=False).until_synced()
    client.pong(0)
    client.until(lambda: client.of_type("ping"), "a ping")
    # However lively it is otherwise.
    client.send({"type": "ping"})
    assert client.until_closed() == 4204


def test_the_snapshot_of_an_empty_inbox_is_nothing_outstanding(servers, connect, alice):
    """Outstanding is what exceeds the last pong's revision, and its revision is 0."""
    clients = [
        connect(alice, servers.get(kind, **BEATS), answers_pings=False).until_synced()
        for kind in KINDS
    ]
    assert [client.until_closed() for client in clients] == [4204] * len(clients)


@pytest.fixture
def ageing_site(servers, kind):
    return servers.get(kind, NOTIFICATIONS_CONNECTION_AGE_S=2)


def test_an_old_connection_is_told_to_renew_and_goes_on_meanwhile(
    ageing_site, connect, sender, sign_in, alice
):
    began_at = time.monotonic()
    client = connect(alice, ageing_site).until_synced()
    bye = client.bye
    assert 1.5 <= time.monotonic() - began_at < 2.5 + LATE_S
    assert (bye["code"], bye["reconnect"]) == (4202, True)
    told_at = time.monotonic()
    # The new one opens before the old one has ended, and both hear of what comes.
    pk = sender.send("Meanwhile", alice.pk)
    client.until_revision(1)
    ageing_site.act(sign_in(alice), "read", pk)
    client.until_revision(2)
    renewed = connect(alice, ageing_site, state=client.state).until_synced()
    assert renewed.state == client.state
    assert client.until_answered().closed is None
    assert client.until_closed() == 4202
    lingered_s = time.monotonic() - told_at
    due_s = bye["after_ms"] / 1000 + LINGER_S
    assert due_s - 0.5 <= lingered_s < due_s + LATE_S
    assert [frame["type"] for frame in client.frames].count("bye") == 1


def test_a_client_that_leaves_after_the_bye_need_not_wait(ageing_site, connect, alice):
    client = connect(alice, ageing_site).until_synced()
    assert client.bye["code"] == 4202
    client.close()
    assert client.closed[0] == 1000
