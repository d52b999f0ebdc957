"""When the file is looked at, after the kernel has told of a write to it."""

import sqlite3
from types import SimpleNamespace

import pytest

from notifications.conf import conf
from notifications.push.reconcilers import sqlite

# What the disk may take between a write and the commit that can be seen.
DISK_S = 0.2


class Clock:
    """Goes on by what is waited."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now

    def thread_time(self):
        return 0.0


class Watch:
    """Tells of a write when it is asked the next time, or lets the whole time pass."""

    is_told = True

    def __init__(self, clock):
        self._clock = clock
        self.is_written = False

    def wait(self, timeout_s):
        if self.is_written:
            self.is_written = False
            return True
        self._clock.now += timeout_s
        return False

    def close(self):
        pass


class Looking(sqlite.SqliteReconciler):
    """Counts what it has seen."""

    def __init__(self, clock):
        super().__init__(SimpleNamespace())
        self._watch.close()
        self._watch = Watch(clock)
        self.seen = 0

    def _look(self):
        self.seen += 1

    def is_told_of_a_write(self):
        self._watch.is_written = True
        self._wait_and_look()

    @property
    def rests(self):
        return self._patience_s() == conf.RECONCILE_NET_S


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(sqlite, "time", clock)
    return clock


@pytest.fixture
def writer(tmp_path):
    path = tmp_path / "db.sqlite3"
    with sqlite3.connect(path, isolation_level=None) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE one (id INTEGER PRIMARY KEY)")
    yield database
    database.close()


@pytest.fixture
def looking(clock, writer, tmp_path, monkeypatch):
    settings = {"NAME": tmp_path / "db.sqlite3"}
    monkeypatch.setattr(sqlite, "connection", SimpleNamespace(settings_dict=settings, close=id))
    looking = Looking(clock)
    looking._wait_and_look()
    yield looking
    looking._database.close()


def commit(writer):
    writer.execute("INSERT INTO one DEFAULT VALUES")


def test_a_slow_disk_makes_a_commit_later_by_a_part_of_what_it_took(looking, clock):
    looking.is_told_of_a_write()
    written_at, before = clock.now, clock.now
    while clock.now < written_at + DISK_S:
        before = clock.now
        looking._wait_and_look()
        assert clock.now - before <= 0.0005 + (before - written_at) / 2


def test_what_never_becomes_visible_is_not_looked_for_for_ever(looking, clock):
    looking.is_told_of_a_write()
    looks = 0
    while not looking.rests:
        looking._wait_and_look()
        looks += 1
    assert looks < 30


def test_a_commit_that_was_waited_for_is_the_end_of_the_waiting(looking, writer):
    looking.is_told_of_a_write()
    commit(writer)
    looking._wait_and_look()
    assert looking.seen == 2
    assert looking.rests


def test_behind_a_commit_that_was_told_of_another_may_be_under_way(looking, writer):
    commit(writer)
    looking.is_told_of_a_write()
    assert looking.seen == 2
    assert not looking.rests
    commit(writer)
    looking._wait_and_look()
    assert looking.seen == 3
