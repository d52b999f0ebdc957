"""A bug costs what it is in: one connection, one timer, one round of a loop, and no more."""

import asyncio
import json
import threading
import time
from types import SimpleNamespace

import pytest

from notifications.consumers import stream_connection
from notifications.consumers.websocket import NotificationConsumer
from notifications.process import log_limits, metrics, supervisor
from notifications.process.loop_lag import LoopLag
from notifications.push import access, groups, presence, runtime, timers
from notifications.push import publisher as publisher_module
from notifications.push.groups import GroupMembership
from notifications.push.hub import Hub
from notifications.push.notifier import Notifier
from notifications.push.reconcilers.base import DatabaseState
from notifications.push.reconcilers.postgresql import PostgresqlReconciler
from notifications.push.timers import TimerWheel
from notifications.stream.messages import Loaded
from notifications.wire.contract import CloseCode
from tests.notifications.push.hubs import ALL, EPOCH_TAG, HERE, MINE, arrival, event, until


class Unanswered:
    """A database that is asked, and says nothing."""

    def ask(self, _question):
        return asyncio.get_running_loop().create_future()


class BugError(Exception):
    """None that anybody expects."""


@pytest.fixture(autouse=True)
def soon(monkeypatch, layer):
    """Loops begin again at once; what is logged once a minute is logged."""
    monkeypatch.setattr(supervisor, "_FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(supervisor, "_LONGEST_WAIT_S", 0.002)
    log_limits.PROCESS.clear()
    monkeypatch.setattr(stream_connection, "_reads", Unanswered())
    monkeypatch.setattr(stream_connection, "_first_reads", Unanswered())


def bugs(place):
    return metrics.bugs.labels(place).value


def run(scenario):
    async def within():
        own = Hub()
        own.belongs_to(HERE)
        runtime._current.clear()
        runtime._current[own.loop] = own
        try:
            async with asyncio.timeout(30):
                return await scenario(own)
        finally:
            runtime._current.clear()
            tasks = list(own._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(within())


class Transport:
    def __init__(self):
        self.sent, self.closed, self.aborted = [], None, False

    def send(self, frame, _revision=None):
        self.sent.append(json.loads(frame))

    def send_together(self, frames):
        self.sent += [json.loads(frame) for frame in frames]

    def close(self, code, reason):
        self.closed = code

    def buffered(self):
        return 0

    def abort(self):
        self.aborted = True


def connected(own, inbox_id=1):
    """A socket of a user, who has caught up."""
    return opened(own, inbox_id).connection


def opened(own, inbox_id=1):
    consumer = NotificationConsumer()
    consumer.scope, consumer.transport = {}, Transport()
    consumer.open_stream(consumer.transport, inbox_id, None)
    connection = consumer.connection
    found = Loaded("u", "e", EPOCH_TAG, 5, 0, 0, listed=())
    own.perform(connection, connection.stream.loaded, found, time.monotonic())
    consumer.transport.sent.clear()
    return consumer


def ended(connection):
    """Told to come back, and known to nobody any more."""
    assert connection.transport.closed == CloseCode.OVERLOADED
    assert connection.transport.sent[-1]["code"] == CloseCode.OVERLOADED
    return connection not in connection.hub.all_streams()


def hear(own, connection, text):
    consumer = NotificationConsumer()
    consumer.connection = connection
    own._spawn(consumer.websocket_receive({"type": "websocket.receive", "text": text}))


FACTS = {
    "tick": lambda own, one: own._tick(one, time.monotonic()),
    "is_at": lambda own, one: own.on_revisions(EPOCH_TAG, [(1, 5), (2, 5)]),
    "behind": lambda own, one: own.on_revisions(EPOCH_TAG, [(1, 6), (2, 6)]),
    "hinted": lambda own, one: own._spawn(own.deliver(event(rows=[[1, 6, 1, 1], [2, 6, 1, 1]]))),
    "take": lambda own, one: own._spawn(own.deliver(arrival((1, 6, 1, 1), (2, 6, 1, 1)))),
    "received": lambda own, one: hear(own, one, '{"type":"ping"}'),
    "misunderstood": lambda own, one: hear(own, one, "?"),
}


@pytest.mark.parametrize("fact", FACTS)
def test_a_bug_in_a_stream_ends_that_one(fact, monkeypatch, caplog):
    async def scenario(own):
        bad, also, other = connected(own, 1), connected(own, 1), connected(own, 2)

        def fail(*_said):
            raise BugError(fact)

        before = bugs("a stream")
        # To the others it does nothing, each in its own words.
        is_short = fact in {"take", "is_at"}
        decides = bad.outgoing if is_short else bad.stream
        nothing = False if is_short else []
        fact_of = lambda self, *said: fail() if self is decides else nothing  # noqa: E731
        monkeypatch.setattr(type(decides), fact, fact_of)
        FACTS[fact](own, bad)
        await until(lambda: bad.transport.closed)
        assert ended(bad)
        assert bugs("a stream") == before + 1
        for one in (also, other):
            assert one.transport.closed is None
            assert one in own.all_streams()

    run(scenario)
    (told,) = [r for r in caplog.records if r.name == supervisor.__name__]
    assert "BugError" in told.message
    assert __file__ in told.message
    assert "Traceback" not in caplog.text


def test_a_bug_when_a_stream_is_ended_is_one_more_and_that_is_all(monkeypatch):
    async def scenario(own):
        bad, other = connected(own, 1), connected(own, 2)

        def fail(*_said):
            raise BugError

        bad.transport.close = bad.transport.send = fail
        own.perform(bad, fail)
        assert bad.transport.aborted
        assert own.all_streams() == [other]
        bad.transport.abort = fail
        own.register(bad)
        own.perform(bad, fail)
        assert own.all_streams() == [other]

    run(scenario)


def test_a_bug_in_a_consumer_ends_its_connection(monkeypatch):
    async def scenario(own):
        bad = opened(own)

        async def fail(_event):
            raise BugError

        bad.websocket_receive = fail
        await bad.dispatch({"type": "websocket.receive"})
        assert ended(bad.connection)

    run(scenario)


@pytest.mark.parametrize("kind", ["websocket.receive", "websocket.disconnect"])
def test_a_bug_in_what_a_server_hands_over_ends_that_connection(kind):
    async def scenario(own):
        bad, other = opened(own), connected(own, 2)
        before = bugs("a connection")

        def fail(_event):
            raise BugError

        bad._hear = fail
        bad.hear({"type": kind})
        assert ended(bad.connection)
        assert bugs("a connection") == before + 1
        assert own.all_streams() == [other]

    run(scenario)


def test_one_timer_that_raises_leaves_the_others_their_time():
    called = []

    def due(thing, _now):
        called.append(thing)
        if thing in {1, 3}:
            raise BugError

    wheel, now = TimerWheel(due), time.monotonic()
    for thing in range(5):
        wheel.schedule(thing, now)
    wheel.advance(now + 1)
    assert sorted(called) == [0, 1, 2, 3, 4]
    wheel.schedule("later", now + 2)
    wheel.advance(now + 3)
    assert called[-1] == "later"


def test_what_is_cancelled_while_its_slot_is_called_for_is_not_called():
    called = []

    def due(thing, _now):
        called.append(thing)
        for other in ("a", "b", "c"):
            wheel.cancel(other)

    wheel, now = TimerWheel(due), time.monotonic()
    for thing in ("a", "b", "c"):
        wheel.schedule(thing, now)
    wheel.advance(now + 1)
    assert len(called) == 1


def failing(times, then=None):
    """A coroutine function that raises so often; then it does what it should, or says that it ran.

    Returns: it, and the event that is set then.
    """
    ran = asyncio.Event()
    left = times

    async def call(*arguments):
        nonlocal left
        if left:
            left -= 1
            raise BugError
        ran.set()
        return await then(*arguments) if then else await asyncio.Event().wait()

    return call, ran


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (GroupMembership, "_receive"),
        (GroupMembership, "_join_for_ever"),
        (timers.TimerWheel, "run"),
        (access.AccessChecks, "_look_at_suspects"),
        (access.AccessChecks, "_look_at_all_in_turn"),
        (presence.Presence, "work"),
        (LoopLag, "work"),
    ],
)
def test_an_endless_loop_that_raises_begins_again(owner, name, monkeypatch):
    async def scenario(_own):
        call, ran = failing(3)
        monkeypatch.setattr(owner, name, call)
        own = Hub()
        own.start()
        own.keep("presence", presence.Presence(own).work)
        own.keep("the loop's lag", LoopLag().work)
        await ran.wait()
        for task in list(own._tasks):
            task.cancel()

    run(scenario)


def test_an_endless_loop_ends_when_it_is_told_to():
    async def scenario(own):
        async def work():
            await asyncio.Event().wait()

        own.keep("x", work)
        (task,) = own._tasks
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    run(scenario)


def test_an_event_that_meets_a_bug_keeps_the_channel(layer, monkeypatch):
    async def scenario(own):
        call, ran = failing(1, then=own.deliver)
        monkeypatch.setattr(own.groups, "_deliver", call)
        for place, work in own.groups.work().items():
            own.keep(place, work)
        one = connected(own, 42)
        await until(lambda: MINE in layer.groups)
        channel = own.groups._channel
        for _ in range(2):
            await layer.group_send(MINE, arrival((42, 6, 1, 1)))
        await ran.wait()
        await until(lambda: one.transport.sent)
        assert own.groups._channel == channel

    run(scenario)


def test_receiving_that_fails_leaves_no_channel_behind(layer, monkeypatch):
    monkeypatch.setattr(groups, "_RETRY_S", 0.001)

    async def scenario(own):
        receive = layer.receive
        one = connected(own, 42)
        for times in (1, 2, 3):
            call, ran = failing(times, then=receive)
            monkeypatch.setattr(layer, "receive", call)
            if times == 1:
                for place, work in own.groups.work().items():
                    own.keep(place, work)
            else:
                await layer.group_send(ALL, {})  # ends the wait of the call before
            await ran.wait()
        # The layer has forgotten who was a member.
        layer.groups.clear()
        own.groups._must_rejoin = True
        own.groups.changed()
        await until(lambda: {MINE, ALL} <= set(layer.groups))
        assert {name for members in layer.groups.values() for name in members} == {
            own.groups._channel
        }
        assert set(layer.channels) <= {own.groups._channel}
        await layer.group_send(MINE, arrival((42, 6, 1, 1)))
        await until(lambda: one.transport.sent)

    run(scenario)


def test_a_hint_that_cannot_be_published_holds_up_none(monkeypatch):
    async def scenario(own):
        sent = []
        publisher = publisher_module.Publisher()

        async def send(group, event):
            if group == "bad":
                raise BugError
            sent.append(group)

        monkeypatch.setattr(publisher, "_send", send)
        publisher.attach(own.loop)
        publisher.publish([("a", {}), ("bad", {}), ("b", {})])
        await until(publisher._idle.is_set)
        assert sent == ["a", "b"]

    run(scenario)


def test_a_look_at_the_database_that_meets_a_bug_is_not_the_last(monkeypatch):
    """A RuntimeError too, which is also what a loop says that has ended."""
    looks, done = [], threading.Event()

    class Reconciler(PostgresqlReconciler):
        def _wait_and_look(self):
            looks.append(1)
            if len(looks) < 3:
                raise (RuntimeError if len(looks) == 1 else BugError)("a bug")
            done.set()
            self._ended.set()
            return DatabaseState("", ())

        def _close(self):
            pass

    monkeypatch.setattr("notifications.push.reconcilers.base.RETRY_S", 0.001)
    loop = SimpleNamespace(call_soon_threadsafe=lambda *_: None, is_closed=lambda: False)
    Reconciler(SimpleNamespace(loop=loop)).start()
    assert done.wait(30)
    assert len(looks) == 3


def test_a_wake_that_meets_a_bug_holds_up_none(monkeypatch):
    told, notifier = [], Notifier()

    def tell(batch):
        if not told:
            told.append("a bug")
            raise BugError
        told.append(batch.wakes)

    monkeypatch.setattr(notifier, "_tell", tell)
    notifier.wake("channel", {1})
    assert notifier.flush(30)
    notifier.wake("channel", {2})
    assert notifier.flush(30)
    assert [told[0], told[1]["channel"].inboxes] == ["a bug", {2}]


def test_a_thread_that_raises_begins_again():
    rounds, done = [], threading.Event()

    def work():
        rounds.append(1)
        if len(rounds) < 3:
            raise BugError
        done.set()

    supervisor.keep_thread("a test", work)
    assert done.wait(30)
    assert len(rounds) == 3
