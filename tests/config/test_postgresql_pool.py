"""A connection of the pool is lent if it lives, and asked only where that is not known."""

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from config.postgresql import connection as connection_module
from config.postgresql.connection import Connection, Pool, check
from tests.support.processes import database_url, until

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def pool():
    with Pool(
        database_url(), kwargs={"autocommit": True}, connection_class=Connection, check=check,
        min_size=1, max_size=1,
    ) as pool:  # fmt: skip
        yield pool


@pytest.fixture
def asked(monkeypatch):
    """How often a connection was asked whether it lives."""
    real, times = ConnectionPool.check_connection, []
    noting = staticmethod(lambda connection: times.append(1) or real(connection))
    monkeypatch.setattr(ConnectionPool, "check_connection", noting)
    return times


def used(pool):
    """Use a connection of the pool, and give it back. Returns: its process at the server."""
    lent = pool.lend()
    lent.execute("SELECT 1")
    pid = lent.info.backend_pid
    pool.putconn(lent)
    return pid


def test_one_that_has_answered_just_now_is_not_asked(pool, asked):
    pids = {used(pool) for _ in range(3)}
    assert len(pids) == 1
    assert asked == []


def test_one_that_was_idle_is_asked(pool, asked, monkeypatch):
    used(pool)
    monkeypatch.setattr(connection_module, "_JUST_NOW_S", 0)
    used(pool)
    assert asked == [1]


def test_one_that_has_ended_since_is_lent_to_nobody(pool):
    before = used(pool)
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [before])
        seen = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
        until(lambda: not other.execute(seen, [before]).fetchone(), "it has ended")
    assert used(pool) != before
