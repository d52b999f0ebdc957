"""Two installations on one Redis: production, and staging that was restored from it.

They share ids, revisions and the epoch, and the server's settings. Neither must ever show what the
other says, nor miss anything of its own.
"""

import contextlib
import json
import sqlite3
import subprocess

import pytest
from django.db import connection

from tests.sockets.conftest import KINDS, ON_SQLITE
from tests.sockets.sender import start_sender
from tests.support.client import SocketClient
from tests.support.postgresql import create_database, find_binaries
from tests.support.processes import database_url, until
from tests.support.redis_server import RedisServer
from tests.support.servers import SESSION_COOKIE

# The copy's Redis database is another number, which publishing does not know of.
OTHER_NUMBER = "/1"


def copy_database(folder):
    """Copy the test's database as a backup does; the copy's URL."""
    if ON_SQLITE:
        path = folder / "staging.sqlite3"
        name = connection.settings_dict["NAME"]
        with (
            contextlib.closing(sqlite3.connect(name)) as live,
            contextlib.closing(sqlite3.connect(path)) as copy,
        ):
            live.backup(copy)
        return f"sqlite:///{path}"
    original = database_url()
    copy = create_database(original, "staging")
    binaries = find_binaries()
    dump = subprocess.run([binaries / "pg_dump", original], capture_output=True, check=True)
    subprocess.run(
        [binaries / "psql", "--quiet", copy], input=dump.stdout, capture_output=True, check=True
    )
    return copy


@pytest.fixture
def redis_of_both():
    with RedisServer() as redis:
        yield redis


@pytest.fixture
def staged(clients):
    """Open a client of the copy: what it sees is in no database of ours."""
    opened = []

    def act(site, session):
        cookie = ("Cookie", f"{SESSION_COOKIE}={session}")
        client = SocketClient(clients, site.url(), origin=site.origin, headers=[cookie])
        client.open()
        opened.append(client)
        return client

    yield act
    for client in opened:
        client.close()
        assert not client.violations


def test_a_copy_on_the_same_redis_is_not_believed(
    redis_of_both, servers, start_server, connect, sign_in, staged, sender, alice, bob, tmp_path
):
    session = sign_in(alice)
    sender.send("before the copy", alice.pk, bob.pk)
    kind = KINDS[-1]
    own = {"REDIS_URL": redis_of_both.url, "NOTIFICATIONS_RECONCILE_S": 5}
    production = start_server(kind, may_warn=True, **own)
    hers, his = connect(alice, production).until_synced(), connect(bob, production).until_synced()
    url = redis_of_both.url.removesuffix("/0") + OTHER_NUMBER
    copied = {**own, "REDIS_URL": url, "DATABASE_URL": copy_database(tmp_path)}
    staging = start_server(kind, may_warn=True, **copied)
    of_staging, of_production = start_sender(servers, **copied), start_sender(servers, **own)
    copied_hers = staged(staging, session).until_synced()
    for n in range(3):
        for title in ("lie", "another lie"):
            of_staging.send(f"{title} {n}", alice.pk)
        of_staging.send(f"to both {n}", alice.pk, bob.pk)
        copied_hers.until_revision(3 * n + 4)
        of_production.send(f"true {n}", alice.pk)
        hers.until_revision(n + 2)
    true = [f"true {n}" for n in (2, 1, 0)]
    assert hers.until_answered().state.titles() == [*true, "before the copy"]
    assert his.until_answered().state.titles() == ["before the copy"]
    assert copied_hers.state.titles()[-1] == "before the copy"
    assert not set(true) & set(copied_hers.state.titles())
    # What somebody makes up who knows the groups is seen, and not believed.
    refused = "notifications_hints_refused_total 0.0"
    assert refused in production.get("/metrics").body
    rows = [[user.pk, 99, 1, 1] for user in (alice, bob)]
    said = {"epoch_tag": "x", "arrived": '"id":"1","title":"forged"', "rows": rows}
    assert redis_of_both.tell_all({"type": "inboxes.changed", "body": json.dumps(said)})
    until(lambda: refused not in production.get("/metrics").body, "the forged hint is refused")
    assert hers.until_answered().state.titles() == [*true, "before the copy"]
