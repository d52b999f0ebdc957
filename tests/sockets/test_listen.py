"""PostgreSQL alone: who commits wakes the other processes, which look into the database at once.

Looks by themselves are a minute apart here, so what arrives has been told of by NOTIFY.
"""

from __future__ import annotations

import contextlib
import re

import psycopg
import pytest
from django.db import connection

from notifications.inbox import reading
from tests.sockets.sender import start_sender
from tests.support import unpackable
from tests.support.pgbouncer import pgbouncer
from tests.support.processes import database_url, until
from tests.support.proxy import Proxy
from tests.support.servers import UVICORN

ALONE = {"REDIS_URL": ""}
RARE_LOOKS = {**ALONE, "NOTIFICATIONS_RECONCILE_S": 60}
# The net, where nothing is heard.
OFTEN = {**ALONE, "NOTIFICATIONS_RECONCILE_S": 0.5}
# Of this installation, by what they are for.
_PIDS = (
    "SELECT pid FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name LIKE 'notifications %'"
)


def metric(site, name):
    found = re.search(rf"^notifications_{name} (\S+)$", site.get("/metrics").body, re.MULTILINE)
    return float(found[1])


def until_listening(*sites):
    for site in sites:
        site.get("/readyz")  # which begins what pushes, as the first stream does
        until(lambda site=site: metric(site, "listening") == 1, f"{site} listens")


def pids():
    """The connections by which anybody listens and notifies."""
    with psycopg.connect(database_url(), autocommit=True) as opened:
        return {pid for (pid,) in opened.execute(_PIDS)}


def terminate(pids):
    with psycopg.connect(database_url(), autocommit=True) as opened:
        for pid in pids:
            opened.execute("SELECT pg_terminate_backend(%s)", [pid])


def by_way_of(proxy):
    return database_url().replace(f":{connection.settings_dict['PORT']}/", f":{proxy.port}/")


@pytest.fixture(scope="module")
def pair(servers):
    """Two servers whose looks are a minute apart."""
    sites = [servers.get(UVICORN, replica=number, **RARE_LOOKS) for number in range(2)]
    until_listening(*sites)
    return sites


@pytest.fixture(scope="module")
def outsider(servers, pair):
    """Sends from a process that serves nobody."""
    return start_sender(servers, **RARE_LOOKS)


@pytest.fixture
def many(alice):
    """So many that one hint is for all of them, and too long for a NOTIFY as it is."""
    users = type(alice).objects
    return users.bulk_create(users.model(username=f"one of many {n}") for n in range(900))


def is_told(client, user):
    """Wait until the client is where the user's inbox is."""
    client.until_revision(reading.head(user).revision)


def test_what_another_process_commits_arrives_at_once(pair, outsider, connect, sign_in, alice, bob):
    clients = [connect(alice, site).until_synced() for site in pair]
    beside = connect(bob, pair[0]).until_synced()
    looks = metric(pair[0], "looks_total")
    pk = outsider.send("Hello", alice.pk)
    for client in clients:
        is_told(client, alice.pk)
    # An act in one of the servers, and what takes access away.
    session = sign_in(alice)
    pair[0].act(session, "read", pk)
    for client in clients:
        is_told(client, alice.pk)
    assert beside.state.revision == 0
    # What was done came along, and nobody had to look for it.
    assert metric(pair[0], "looks_total") == looks


def test_a_command_that_ends_has_told_of_what_it_sent(pair, connect, notify, bob):
    clients = [connect(bob, site).until_synced() for site in pair]
    command = notify("Hello", "--user", bob.username, **RARE_LOOKS)
    assert command.status == 0
    for client in clients:
        is_told(client, bob.pk)


def test_who_is_not_there_costs_no_look(pair, outsider, charlie, alice, connect):
    client = connect(alice, pair[0]).until_synced()
    looks = metric(pair[0], "looks_total")
    outsider.send("Hello", charlie.pk, **unpackable.said())
    outsider.send("Hello", alice.pk, **unpackable.said())
    is_told(client, alice.pk)
    assert metric(pair[0], "looks_total") == looks + 1


def test_what_comes_along_with_the_notify_is_not_read(pair, outsider, alice, connect):
    client = connect(alice, pair[0]).until_synced()
    reads = metric(pair[0], "catch_up_seconds_count")
    pk = outsider.send("Hello", alice.pk)
    is_told(client, alice.pk)
    assert [one["id"] for one in client.state.listed()][:1] == [str(pk)]
    assert metric(pair[0], "catch_up_seconds_count") == reads


def test_what_is_sent_to_many_comes_along_too(pair, outsider, alice, bob, connect, many):
    clients = [connect(user, pair[0]).until_synced() for user in (alice, bob)]
    names = ("catch_up_seconds_count", "looks_total", "hints_healed_total")
    before = [metric(pair[0], name) for name in names]
    outsider.send("Hello", alice.pk, bob.pk, *(user.pk for user in many))
    for client, user in zip(clients, (alice, bob), strict=True):
        is_told(client, user.pk)
    assert [metric(pair[0], name) for name in names] == before


def test_a_listener_whose_connections_were_ended_comes_back(start_server, outsider, connect, alice):
    outsider.send("Hello", alice.pk)
    before = pids()
    site = start_server(UVICORN, may_warn=True, **RARE_LOOKS)
    until_listening(site)
    client = connect(alice, site).until_synced()
    assert len(pids() - before) == 2
    terminate(pids() - before)
    # What comes while it is away its first look finds.
    for _ in range(3):
        outsider.send("Hello", alice.pk)
        is_told(client, alice.pk)


def test_a_listener_that_hears_nothing_any_more_begins_anew(start_server, outsider, connect, alice):
    with Proxy(int(connection.settings_dict["PORT"])) as way:
        site = start_server(
            UVICORN, may_warn=True, DATABASE_LISTEN_URL=by_way_of(way), **RARE_LOOKS
        )
        until_listening(site)
        client = connect(alice, site).until_synced()
        assert way.silence() == 1
        outsider.send("Hello", alice.pk)
        is_told(client, alice.pk)
        outsider.send("Hello", alice.pk)
        is_told(client, alice.pk)


def test_behind_a_pooler_the_next_look_finds_it_and_the_log_says_why(
    start_server, servers, connect, alice
):
    with pgbouncer(database_url()) as url, contextlib.ExitStack() as stack:
        site = start_server(UVICORN, may_warn=True, DATABASE_URL=url, **OFTEN)
        # Before its database goes: a process may take 5 s to end without one.
        stack.callback(site.stop)
        client = connect(alice, site).until_synced()
        sender = start_sender(servers, DATABASE_URL=url, **OFTEN)
        stack.callback(sender.child.kill)
        for _ in range(10):
            sender.send("Hello", alice.pk)
        is_told(client, alice.pk)
        until(lambda: "DATABASE_LISTEN_URL" in site.child.output(), "the log says why")
        assert metric(site, "listening") == 0


def test_past_the_pooler_it_is_heard(start_server, servers, connect, alice):
    with pgbouncer(database_url()) as url, contextlib.ExitStack() as stack:
        own = {**RARE_LOOKS, "DATABASE_URL": url, "DATABASE_LISTEN_URL": database_url()}
        site = start_server(UVICORN, **own)
        stack.callback(site.stop)
        until_listening(site)
        client = connect(alice, site).until_synced()
        sender = start_sender(servers, **own)
        stack.callback(sender.child.kill)
        sender.send("Hello", alice.pk)
        is_told(client, alice.pk)
