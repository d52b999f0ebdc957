"""PostgreSQL's NOTIFY and LISTEN, from the commit to whoever is to look, in this process."""

import asyncio
import os
import threading
import time

import psycopg
import pytest
from django.db import connection, transaction

from notifications.models.audiences import ChosenUsers
from notifications.process import log_limits, metrics
from notifications.push import direct, installation, layers, notifier, publisher, wakes
from notifications.push.notifier import Batch, Notifier
from notifications.push.reconcilers import listener as listener_module
from notifications.push.reconcilers.listener import Listener, heard_within_s
from notifications.sending import acts
from notifications.wire.message import Message
from tests.support import unpackable
from tests.support.ports import free_port
from tests.support.processes import until

pytestmark = pytest.mark.django_db(transaction=True)


class Heard:
    """Who listens, and what was heard."""

    def __init__(self):
        self.inboxes, self.hints = [], []
        self.listener = Listener(self.inboxes.append, self.take)

    def named(self):
        return {pk for inboxes in self.inboxes if inboxes is not None for pk in inboxes}

    def take(self, hints, inboxes):
        self.hints += hints
        assert inboxes

    def told_of(self):
        """The inboxes that hints were about."""
        ours = installation.here()
        bodies = [ours.opened(event) for event in self.hints]
        return {row[0] for body in bodies for row in body["rows"]}

    def until_begun(self, times=1):
        until(lambda: self.inboxes.count(None) >= times, "it listens", within_s=60)


@pytest.fixture
def started():
    """Start a listener to a channel; it has ended with the test."""
    begun = []

    def start(channel):
        heard = Heard()
        thread = threading.Thread(target=heard.listener._run, daemon=True)
        thread.start()
        begun.append((heard, thread))
        heard.listener.listen_to(channel)
        return heard

    yield start
    for heard, thread in begun:
        heard.listener.stop()
        thread.join(30)
        assert not thread.is_alive()


@pytest.fixture
def elsewhere(monkeypatch):
    """What this process notifies of counts as another's."""
    monkeypatch.setattr(wakes, "is_ours", lambda payload: False)


@pytest.fixture
def own():
    """A notifier that no other test uses."""
    made = Notifier()
    yield made
    assert made.flush(30)
    made._close()


class Held:
    """A connection on which each NOTIFY waits until it may go on."""

    def __init__(self):
        self.told, self.may_go, self.is_asked = [], threading.Semaphore(0), threading.Event()

    def notify(self, channel, payloads):
        self.is_asked.set()
        assert self.may_go.acquire(timeout=60)
        self.told += [(channel, wakes.inboxes(payload)) for payload in payloads]

    def close(self):
        pass


def here():
    return wakes.channel(installation.here().group)


def send(*users):
    acts.send(Message("Hello"), audience=ChosenUsers([user.pk for user in users], "some"))


def lost():
    return metrics.wakes_lost.value


# --- From commit to look --------------------------------------------------------------------------


def test_a_commit_is_told_and_what_is_rolled_back_is_not(started, elsewhere, alice, bob):
    heard = started(here())
    heard.until_begun()
    with transaction.atomic():
        send(bob)
        transaction.set_rollback(True)
    with transaction.atomic():
        send(alice)
        assert publisher.flush(30)
        assert heard.hints == []
    until(lambda: heard.hints, "something is told", within_s=60)
    assert heard.told_of() == {alice.notifications_inbox.pk}


def test_what_takes_access_away_is_told(started, elsewhere, session_of, alice):
    session = session_of(alice)
    heard = started(here())
    heard.until_begun()
    session.delete()
    until(lambda: heard.hints, "something is told", within_s=60)
    ours = installation.here()
    assert [ours.opened(event) for event in heard.hints] == [alice.notifications_inbox.pk]
    assert heard.named() == set()


def test_a_hint_that_no_notify_holds_names_whom_it_is_about(started, elsewhere, alice):
    heard = started(here())
    heard.until_begun()
    long = Message("Hello", **unpackable.said())
    acts.send(long, audience=ChosenUsers([alice.pk], "alice"))
    until(lambda: heard.named() == {alice.notifications_inbox.pk}, "alice is named", within_s=60)
    assert heard.hints == []


def test_what_this_process_has_done_its_own_streams_know(started, alice, monkeypatch):
    heard = started(here())
    heard.until_begun()
    send(alice)
    assert publisher.flush(30)
    # What comes after it is another's.
    with direct.notifying() as other:
        other.notify(here(), ["other:77"])
    until(lambda: heard.named() == {77}, "the other's", within_s=60)


def test_installations_in_one_database_do_not_wake_each_other(started, elsewhere, own):
    one, other = (started(wakes.channel(name)) for name in ("one", "other"))
    one.until_begun()
    other.until_begun()
    own.wake(wakes.channel("one"), {1})
    own.wake(wakes.channel("other"), {2})
    until(lambda: one.named() and other.named(), "both have heard", within_s=60)
    assert (one.named(), other.named()) == ({1}, {2})


def test_another_channel_takes_the_place_of_the_first(started, elsewhere, own):
    heard = started(wakes.channel("before"))
    heard.until_begun()
    heard.listener.listen_to(wakes.channel("after"))
    heard.until_begun(2)
    own.wake(wakes.channel("before"), {1})
    own.wake(wakes.channel("after"), {2})
    until(lambda: 2 in heard.named(), "the new one", within_s=60)
    assert heard.named() == {2}


def test_what_anybody_says_is_a_reason_to_look(started):
    heard = started(wakes.channel("mine"))
    heard.until_begun()
    with psycopg.connect(**direct.of_django(), autocommit=True) as anybody:
        for payload in ("", "'; DROP TABLE x", "1 2 3"):
            anybody.execute("SELECT pg_notify(%s, %s)", [wakes.channel("mine"), payload])
    heard.until_begun(2)
    assert heard.named() == set()


# --- Who tells ------------------------------------------------------------------------------------


def test_of_a_burst_all_that_comes_meanwhile_goes_together(own, monkeypatch):
    held = Held()
    monkeypatch.setattr(direct, "notifying", lambda: held)
    own.wake("channel", {0})
    assert held.is_asked.wait(60)
    for number in range(1, 101):
        own.wake("channel", {number})
    assert not own.flush(0)
    held.may_go.release(2)
    assert own.flush(60)
    assert held.told == [("channel", {0}), ("channel", set(range(1, 101)))]


def test_a_server_that_is_not_there_harms_no_sender(own, alice, monkeypatch, caplog):
    monkeypatch.setattr(notifier, "_notifier", own)
    real = direct.of_django
    monkeypatch.setattr(direct, "of_django", lambda: {**real(), "port": free_port()})
    before = lost()
    for _ in range(5):
        send(alice)
    assert publisher.flush(30)
    assert lost() > before
    assert caplog.text.count("could not be woken") == 1
    assert "Traceback" not in caplog.text
    monkeypatch.setattr(direct, "of_django", real)
    sent = metrics.wakes_sent.value

    def is_told():
        own.wake(here(), {1})
        return own.flush(30) and metrics.wakes_sent.value > sent

    until(is_told, "it is tried again", within_s=60)


def test_a_connection_that_has_died_costs_no_wake(own, started, elsewhere):
    heard = started(wakes.channel("x"))
    heard.until_begun()
    own.wake(wakes.channel("x"), {1})
    until(lambda: heard.named() == {1}, "the first", within_s=60)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [own._connection.info.backend_pid])
    before = lost()
    own.wake(wakes.channel("x"), {2})
    until(lambda: heard.named() == {1, 2}, "the second", within_s=60)
    assert lost() == before


def test_an_idle_connection_is_given_back_unless_the_process_serves(own):
    own.wake("x", {1})
    until(lambda: own._connection is None and own.flush(0), "it is given back", within_s=60)
    own.stay_connected()
    own.wake("x", {1})
    assert own.flush(60)
    assert own._connection is not None
    own.stay_connected(until_idle=True)
    until(lambda: own._connection is None, "it is given back again", within_s=60)


def test_a_forked_process_has_a_thread_and_a_connection_of_its_own(started, elsewhere):
    heard = started(wakes.channel("forked"))
    heard.until_begun()
    notifier.wake(wakes.channel("forked"), {1})
    assert notifier.flush(60)
    child = os.fork()
    if child == 0:
        try:
            notifier.wake(wakes.channel("forked"), {2})
            os._exit(0 if notifier.flush(60) else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    notifier.wake(wakes.channel("forked"), {3})
    until(lambda: heard.named() == {1, 2, 3}, "all three", within_s=60)


@pytest.mark.parametrize("is_on", [True, False])
def test_who_is_joined_otherwise_or_wants_none_of_it_notifies_nobody(settings, monkeypatch, is_on):
    settings.NOTIFICATIONS_LISTEN = is_on
    assert notifier.is_wanted() == is_on
    monkeypatch.setattr(layers, "joins_processes", lambda: True)
    assert not notifier.is_wanted()


# --- Who listens ----------------------------------------------------------------------------------


def test_a_connection_that_is_ended_is_made_anew(started, elsewhere, own, monkeypatch, caplog):
    heard = started(wakes.channel("x"))
    heard.until_begun()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'notifications LISTEN' AND datname = current_database()"
        )
    heard.until_begun(2)
    own.wake(wakes.channel("x"), {1})
    until(lambda: heard.named() == {1}, "it is heard again", within_s=60)
    assert "LISTEN failed" in caplog.text
    assert "Traceback" not in caplog.text


def test_what_does_not_come_through_is_said_once(started, monkeypatch, caplog):
    monkeypatch.setattr(listener_module, "PROOF_S", 0.1)
    monkeypatch.setattr(listener_module, "_STEP_S", 0.05)
    monkeypatch.setattr(listener_module, "_RETRY_S", 0.01)
    monkeypatch.setattr(listener_module, "_DEAF_RETRY_MAX_S", 0.01)
    real, made = direct.listening, []

    def counted():
        made.append(1)
        return real()

    monkeypatch.setattr(direct, "listening", counted)
    monkeypatch.setattr(notifier, "wake", lambda channel, inboxes: Batch({}, time.monotonic()))
    heard = started(wakes.channel("x"))
    until(lambda: len(made) > 5, "it is tried again and again", within_s=60)
    assert caplog.text.count("does not come through") == 1
    assert heard.inboxes == []
    assert metrics.listening.value == 0


def test_a_listener_ends_with_the_loop_that_it_wakes():
    loop = asyncio.new_event_loop()
    listener = Listener(lambda inboxes: None, lambda *hints: None, loop.is_closed)
    thread = threading.Thread(target=listener._run, daemon=True)
    thread.start()
    listener.listen_to(wakes.channel("x"))
    until(lambda: metrics.listening.value == 1, "it listens", within_s=60)
    loop.close()
    thread.join(30)
    assert not thread.is_alive()


def test_what_could_not_be_notified_of_does_not_make_a_listener_deaf(
    started, elsewhere, own, monkeypatch, caplog
):
    monkeypatch.setattr(listener_module, "PROOF_S", 0.1)
    monkeypatch.setattr(listener_module, "PROOF_EVERY_S", 0.1)
    monkeypatch.setattr(listener_module, "_STEP_S", 0.05)
    heard = started(wakes.channel("x"))
    heard.until_begun()
    asked = []

    def lose(channel, inboxes):
        asked.append(channel)
        return Batch({}, is_lost=True)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(notifier, "wake", lose)
        until(lambda: len(asked) > 5, "it is asked for again and again", within_s=60)
    own.wake(wakes.channel("x"), {1})
    until(lambda: heard.named() == {1}, "it hears as before", within_s=60)
    assert heard.inboxes.count(None) == 1


def test_where_to_listen_may_be_said(settings, started, elsewhere, own, caplog):
    wrong = f"postgres://nobody:secret@127.0.0.1:{free_port()}/nowhere"
    settings.NOTIFICATIONS_LISTEN_DATABASE = wrong
    heard = started(wakes.channel("x"))
    until(lambda: "LISTEN failed" in caplog.text, "it is said", within_s=60)
    assert "secret" not in caplog.text
    with pytest.raises(psycopg.Error):
        heard_within_s()
    log_limits.PROCESS.clear()
    at = connection.settings_dict
    settings.NOTIFICATIONS_LISTEN_DATABASE = (
        f"host={at['HOST']} port={at['PORT']} user={at['USER']} dbname={at['NAME']}"
    )
    heard.until_begun()
    assert heard_within_s() is not None


def test_another_database_is_heard_nothing_of(settings):
    at = connection.settings_dict
    settings.NOTIFICATIONS_LISTEN_DATABASE = (
        f"postgres://{at['USER']}@{at['HOST']}:{at['PORT']}/postgres"
    )
    assert heard_within_s(0.2) is None
