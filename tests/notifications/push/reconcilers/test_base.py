"""What the reconciler of this run's database notices, with a hub that only takes notes."""

import asyncio
import threading
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection
from django.db.models import F

from notifications.inbox import acts
from notifications.inbox.acts import Chosen
from notifications.models import ChangeCounter, Epoch, Inbox
from notifications.models.audiences import ChosenUsers
from notifications.process import log_limits
from notifications.push import catch_up
from notifications.push.reconcilers import base
from notifications.push.reconcilers.base import DatabaseState
from notifications.push.reconcilers.postgresql import PostgresqlReconciler
from notifications.push.reconcilers.sqlite import SqliteReconciler
from notifications.push.told import ToldHeads
from notifications.sending import acts as sending_acts
from notifications.wire.message import Message
from tests.support.processes import until

pytestmark = pytest.mark.django_db(transaction=True)


class CountedHeads(ToldHeads):
    takes = 0

    def take(self):
        self.takes += 1
        return super().take()


class NotingHub:
    """Has a loop of its own, as a server has, and the streams that a test says."""

    def __init__(self, *user_ids):
        self.streams = dict.fromkeys(user_ids, ())
        self.loop = asyncio.new_event_loop()
        self.seen, self.epoch_tags, self.installations, self.woken = [], [], [], []
        # Itself, for it takes notes of what is said about access too.
        self.access, self.versions, self.missed = self, [], []
        self.poll_now = lambda: None
        self.told, self.arrived = CountedHeads(), []
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def belongs_to(self, here):
        self.installations.append(here)

    def lacking(self, rows):
        return [pk for pk, _ in rows if pk in self.streams]

    def on_revisions(self, epoch_tag, rows, asked_at, arrived):
        self.seen += [(epoch_tag, *row) for row in rows]
        self.arrived += arrived

    def on_woken(self, inbox_ids):
        self.woken += [set(inbox_ids)]

    def on_versions(self, versions):
        self.versions += versions

    def on_gone(self, user_ids):
        self.missed += [user_ids]

    def on_epoch(self, epoch_tag):
        self.epoch_tags.append(epoch_tag)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(30)
        self.loop.close()


@pytest.fixture
def hub(alice, bob, settings):
    """A hub with alice and bob on it."""
    settings.NOTIFICATIONS_RECONCILE_S = 0.02
    hub = NotingHub(inbox(alice), inbox(bob))
    yield hub
    hub.close()


@pytest.fixture
def watch(hub):
    """The same, whose reconciler has had its first look."""
    with looking(hub):
        yield hub


@contextmanager
def looking(hub):
    """Let a reconciler look for a hub."""
    kind = SqliteReconciler if connection.vendor == "sqlite" else PostgresqlReconciler
    running = kind(hub)
    thread = threading.Thread(target=running._run, daemon=True)
    thread.start()
    until(lambda: hub.epoch_tags, "the first look", within_s=30)
    yield
    running.stop()
    thread.join(30)
    assert not thread.is_alive()


def epoch_tag():
    return catch_up.epoch_tag(Epoch.objects.get().epoch_secret)


def inbox(user):
    return user.notifications_inbox.pk


def send(user):
    return sending_acts.send(Message("Hello"), audience=ChosenUsers([user.pk], "one")).notification


def test_what_was_committed_before_the_first_look_is_told_to_who_came_before_it(hub, alice):
    """A server has just started, and its first clients have read already."""
    send(alice)
    Inbox.objects.filter(user=alice).update(access_version=F("access_version") + 1)
    with looking(hub):
        until(
            lambda: (
                (epoch_tag(), inbox(alice), 1) in hub.seen and (inbox(alice), 1) in hub.versions
            ),
            "the arrival, and that access was taken",
            within_s=30,
        )
        if connection.vendor == "sqlite":  # where it is not told which inbox it is that has gone
            until(lambda: None in hub.missed, "that some may have gone", within_s=30)


def test_a_commit_of_somebody_else_is_noticed(watch, alice, bob):
    one = send(alice)
    until(
        lambda: (epoch_tag(), inbox(alice), 1) in watch.seen,
        "the arrival",
        within_s=30,
    )
    acts.mark_read(alice.pk, Chosen([one.pk]))
    until(lambda: (epoch_tag(), inbox(alice), 2) in watch.seen, "the act", within_s=30)
    send(bob)
    until(
        lambda: (epoch_tag(), inbox(bob), 1) in watch.seen,
        "bob's arrival",
        within_s=30,
    )


def test_many_commits_in_a_row_are_all_noticed(watch, alice):
    for _ in range(50):
        send(alice)
    until(
        lambda: (epoch_tag(), inbox(alice), 50) in watch.seen,
        "the last one",
        within_s=30,
    )


def test_a_new_epoch_is_told(watch):
    Epoch.renew(Epoch.objects.get().epoch_secret)
    until(
        lambda: watch.epoch_tags[-1] == epoch_tag() and len(watch.epoch_tags) == 2,
        "the epoch",
        within_s=30,
    )


def raised(user):
    inboxes = Inbox.objects.filter(user=user)
    assert inboxes.raise_access_version() == [user.notifications_inbox.pk]
    return inboxes.get().access_version


def test_a_raised_access_version_is_noticed(watch, alice, bob):
    version = raised(alice)
    until(lambda: (inbox(alice), version) in watch.versions, "the version", within_s=30)
    higher = raised(alice)
    until(
        lambda: (inbox(alice), higher) in watch.versions,
        "the next version",
        within_s=30,
    )
    assert higher > version
    assert {one for pk, one in watch.versions if pk == inbox(bob)} <= {0}


def test_a_user_who_is_deleted_is_missed(watch, alice, charlie):
    watch.missed.clear()  # at the first look anybody may have gone before
    gone = None if connection.vendor == "sqlite" else [inbox(alice)]
    alice.delete()
    until(lambda: gone in watch.missed, "that somebody has gone", within_s=30)


def test_a_database_that_has_gone_back_begins_a_new_epoch(watch, alice):
    for _ in range(3):
        send(alice)
    before = epoch_tag()
    until(
        lambda: (before, inbox(alice), 3) in watch.seen,
        "the state before",
        within_s=30,
    )
    # What a restored backup looks like from here: lower revisions, and a lower count of changes.
    ChangeCounter.objects.update(change_seq=0)
    Inbox.objects.filter(user=alice).update(revision=1, change_seq=0)
    until(lambda: epoch_tag() != before, "a new epoch", within_s=30)
    until(lambda: watch.epoch_tags[-1] == epoch_tag(), "that it is told", within_s=30)


def test_a_database_that_fails_is_looked_at_again(alice, caplog, monkeypatch):
    monkeypatch.setattr(base, "RETRY_S", 0.001)
    hub = NotingHub(inbox(alice))
    looks = iter([OperationalError("gone"), OSError("moved"), DatabaseState("secret", [(1, 1)])])

    class Failing(PostgresqlReconciler):
        def _wait_and_look(self):
            look = next(looks, None)
            if isinstance(look, Exception):
                raise look
            if look is None:
                self.stop()
            return look

    running = Failing(hub)
    thread = threading.Thread(target=running._run, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert {"gone", "moved"} <= set(caplog.text.split())
    assert "Traceback" not in caplog.text
    until(lambda: hub.seen, "what was seen", within_s=30)
    hub.close()


def test_a_hub_that_fails_at_what_was_read_is_told_the_rest(alice, caplog):
    log_limits.PROCESS.clear()
    hub = NotingHub(inbox(alice))
    hub.on_epoch = lambda _epoch_tag: 1 / 0
    running = PostgresqlReconciler(hub)
    running._tell(DatabaseState("secret", [(inbox(alice), 1)], access=[(inbox(alice), 2)]))
    until(lambda: hub.seen and hub.versions, "the rest", within_s=30)
    hub.close()
    assert "A bug in what was read" in caplog.text
    assert "Traceback" not in caplog.text
