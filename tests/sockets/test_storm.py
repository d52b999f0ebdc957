"""Very many clients at once: they queue, cost the database little, and leave nothing behind."""

import asyncio
import os
import re
import resource
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.sockets.conftest import ON_SQLITE
from tests.support.connection import LoopThread
from tests.support.processes import database_url, until
from tests.support.servers import SESSION_COOKIE

STORM = 300
# A longer run asks for more: STORM_SOCKETS=2000.
PER_CYCLE = int(os.environ.get("STORM_SOCKETS", "150"))
# Memory is flat where so many cycles leave less than 200 bytes of each connection.
FLAT_CYCLES, MAX_CYCLES = 5, 60
# Much less than the time after which it would be ended by force.
ENDS_S = 15
FLAT_BYTES = FLAT_CYCLES * PER_CYCLE * 200


@pytest.fixture
def quiet_site(start_server, kind):
    """A server that nobody else asks anything."""
    # So many streams are one user's here.
    return start_server(
        kind, NOTIFICATIONS_DATABASE_THREADS=3, NOTIFICATIONS_USER_CONNECTIONS_MAX=0
    )


def handshake(site, session, query=""):
    """A client's request; it names no version of HTTP's compression, nor a subprotocol."""
    lines = [
        f"GET /ws/notifications/{query} HTTP/1.1", f"Host: 127.0.0.1:{site.port}",
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13", f"Origin: {site.origin}",
        f"Cookie: {SESSION_COOKIE}={session}", "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


async def open_until(site, session, word):
    """Open a socket, and read until the word has come; then it stays open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(handshake(site, session))
    await reader.readuntil(word)
    return writer


async def storm(site, sessions):
    opening = (open_until(site, session, b'"synced"') for session in sessions)
    return await asyncio.gather(*opening)


async def drop(sockets):
    for socket in sockets:
        socket.transport.abort()


def metric(site, name):
    found = re.findall(rf"^{name}(?:{{\S*)? (\S+)$", site.get("/metrics").body, re.MULTILINE)
    return sum(map(float, found))


def connections_of(site):
    """How many connections the process has to the database."""
    if ON_SQLITE:
        name = str(connection.settings_dict["NAME"])
        links = list(Path(f"/proc/{site.child.pid}/fd").iterdir())
        return sum(str(link.readlink()) == name for link in links if link.is_symlink())
    with psycopg.connect(database_url()) as asking:
        (count,) = asking.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        ).fetchone()
    return count


def test_a_storm_is_answered_by_few_questions_and_a_fixed_number_of_connections(
    quiet_site, clients, sign_in, user
):
    sessions = [sign_in(user("alice")) for _ in range(STORM // 10)] * 10
    assert quiet_site.get("/readyz").status == 200
    before = connections_of(quiet_site)
    sockets = clients.run(storm(quiet_site, sessions))
    # For each it was asked who it is, which inbox is theirs, and what is in it.
    assert metric(quiet_site, "notifications_socket_questions_total") == 3 * STORM
    assert metric(quiet_site, "notifications_socket_batches_total") <= 3 * STORM / 50
    # The three of NOTIFICATIONS_DATABASE_THREADS, and that of whoever asks for readiness.
    assert connections_of(quiet_site) <= before + 3 + 1
    clients.run(drop(sockets))
    until(lambda: metric(quiet_site, "notifications_streams_open") == 0, "all have gone")


def test_told_to_end_as_all_are_cut_off_it_ends(quiet_site, clients, sign_in, user):
    # Of as many users, since it has a group to leave for each.
    sockets = clients.run(storm(quiet_site, [sign_in(user("alice")) for _ in range(STORM // 3)]))
    clients.run(drop(sockets))
    assert quiet_site.child.terminate(ENDS_S) == 0


def test_the_limit_of_open_files_is_raised_at_the_start(quiet_site):
    soft, hard = resource.prlimit(quiet_site.child.pid, resource.RLIMIT_NOFILE)
    assert soft == hard


def test_connections_that_are_dropped_leave_no_memory_behind(quiet_site, sign_in, alice):
    session = sign_in(alice)

    async def cycle():
        await drop(await storm(quiet_site, [session] * PER_CYCLE))

    # Pools and the allocator's pages fill at first; what leaks is never done with that.
    rss = [quiet_site.rss_bytes()]
    with LoopThread() as loop:
        while len(rss) <= FLAT_CYCLES or rss[-1] - rss[-1 - FLAT_CYCLES] > FLAT_BYTES:
            assert len(rss) < MAX_CYCLES, f"bytes after each: {rss}"
            loop.run(cycle())
            until(lambda: metric(quiet_site, "notifications_streams_open") == 0, "they go")
            rss.append(quiet_site.rss_bytes())
