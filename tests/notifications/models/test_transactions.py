"""In a project with SQLite as Django has it, what reads and then writes waits for its turn."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext

import notifications
from notifications.models import transactions

ALIAS = "a_hosts"


@pytest.fixture
def hosts(tmp_path, monkeypatch, django_db_blocker):
    """Connect to a database of a project's own, whose transactions begin in this mode."""

    def connect(mode):
        options = {} if mode is None else {"transaction_mode": mode}
        settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "db.sqlite3"}
        whole = {**connections["default"].settings_dict, **settings, "OPTIONS": options}
        monkeypatch.setitem(connections.settings, ALIAS, whole)
        connection = connections[ALIAS]
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE given (value)")
        return connection

    with django_db_blocker.unblock():
        yield connect
        connections[ALIAS].close()
        del connections[ALIAS]


def begun_by(atomic, connection):
    """The statement that begins such a transaction."""
    with CaptureQueriesContext(connection) as asked, atomic:
        pass
    return asked[0]["sql"]


@pytest.mark.parametrize(
    ("mode", "ours", "theirs"),
    [
        (None, "BEGIN IMMEDIATE", "BEGIN"),
        ("deferred", "BEGIN IMMEDIATE", "BEGIN DEFERRED"),
        ("immediate", "BEGIN IMMEDIATE", "BEGIN IMMEDIATE"),
        ("exclusive", "BEGIN EXCLUSIVE", "BEGIN EXCLUSIVE"),
    ],
)
def test_ours_begin_with_the_lock_and_the_projects_as_it_says(hosts, mode, ours, theirs):
    connection = hosts(mode)
    # As after an idle while: the first of a connection is ours.
    connection.close()
    assert begun_by(transactions.atomic(ALIAS), connection) == ours
    assert begun_by(transaction.atomic(ALIAS), connection) == theirs


def test_nobody_writes_between_what_ours_reads_and_what_it_writes(hosts):
    connection = hosts(None)
    path = connection.settings_dict["NAME"]
    with transactions.atomic(ALIAS), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM given")
        is_locked = pytest.raises(sqlite3.OperationalError, match="database is locked")
        with closing(sqlite3.connect(path, timeout=0)) as other, is_locked:
            other.execute("INSERT INTO given VALUES ('theirs')")
        cursor.execute("INSERT INTO given VALUES ('ours')")
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM given")
        assert cursor.fetchall() == [("ours",)]


def test_within_the_projects_own_it_is_a_part_of_that(hosts):
    connection = hosts(None)
    with transaction.atomic(ALIAS):
        with transactions.atomic(ALIAS), connection.cursor() as cursor:
            cursor.execute("INSERT INTO given VALUES ('ours')")
        transaction.set_rollback(True, ALIAS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM given")
        assert cursor.fetchone() == (0,)


def test_the_app_begins_no_transaction_in_another_way():
    root = Path(notifications.__file__).parent
    found = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"\btransaction\.atomic\b|import .*\batomic\b", path.read_text("utf-8"))
    ]
    # Which says what it is like.
    assert found == ["models/transactions.py"]
