"""What a consumer does with its stream's decisions, with a transport that takes notes."""

import asyncio
import copy
import gc
import json
import time
import weakref
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from notifications.consumers import base, stream_connection
from notifications.consumers.base import StreamConsumer
from notifications.consumers.websocket import NotificationConsumer
from notifications.credentials import visitor
from notifications.credentials.logins import Login
from notifications.credentials.visitor import Visitor
from notifications.push.hub import Hub
from notifications.stream.messages import Loaded
from notifications.wire.contract import CloseCode
from notifications.wire.frames import Pong

FOUND = Loaded("u", "e", "epoch_tag", 0, 0, 0, listed=())


class Transport:
    def __init__(self):
        self.sent, self.closed, self.aborted, self.held = [], None, False, 0

    def send(self, frame):
        self.sent.append(json.loads(frame)["type"])

    def send_together(self, frames):
        self.sent.append([json.loads(frame)["type"] for frame in frames])

    def close(self, code, reason):
        self.closed = code

    def buffered(self):
        return self.held

    def abort(self):
        self.aborted = True


class Reads:
    """Answers reads when it is told to."""

    def __init__(self):
        self.future = None

    def ask(self, question):
        self.future = asyncio.get_running_loop().create_future()
        return self.future


def run(scenario, monkeypatch, login=None, kind=StreamConsumer):
    async def within():
        own, reads = Hub(), Reads()
        monkeypatch.setattr(base.runtime, "current", lambda: own)
        monkeypatch.setattr(stream_connection, "_reads", reads)
        monkeypatch.setattr(stream_connection, "_first_reads", reads)
        consumer = kind()
        consumer.scope = visitor.put({}, Visitor(login=login))
        consumer.transport = Transport()
        consumer.open_stream(consumer.transport, 7, None)
        await scenario(consumer.connection, reads, own)

    asyncio.run(within())


async def answer(reads, found):
    reads.future.set_result(found)
    await asyncio.sleep(0)


def test_nobody_is_asked_for_who_has_gone_and_nothing_is_left_behind(monkeypatch):
    async def scenario(connection, reads, own):
        assert own.streams == {7: (connection,)}
        connection.close()
        assert reads.future.cancelled()
        await asyncio.sleep(0)
        assert connection.transport.sent == []
        assert own.streams == {}
        assert own.timers._slot_of == {}

    run(scenario, monkeypatch)


def test_what_follows_is_taken_until_it_is_closed(monkeypatch):
    async def scenario(connection, reads, own):
        await answer(reads, FOUND)
        following = FOUND.epoch_tag, FOUND.revision + 1, 100, 0.0, None
        assert copy.copy(connection.outgoing).take(*following)
        connection.close()
        assert not connection.outgoing.take(*following)

    run(scenario, monkeypatch)


def test_what_a_socket_is_told_at_once_goes_in_one(monkeypatch):
    async def scenario(connection, reads, own):
        await answer(reads, FOUND)
        assert connection.transport.sent == [["hello", "snapshot", "synced"]]

    run(scenario, monkeypatch, kind=NotificationConsumer)


def test_a_stream_of_events_says_each_by_itself(monkeypatch):
    async def scenario(connection, reads, own):
        await answer(reads, FOUND)
        assert connection.transport.sent == ["hello", "snapshot", "synced"]

    run(scenario, monkeypatch)


def test_a_consumer_that_has_ended_waits_for_no_garbage_collector(monkeypatch):
    async def within():
        own, reads = Hub(), Reads()
        monkeypatch.setattr(base.runtime, "current", lambda: own)
        monkeypatch.setattr(stream_connection, "_first_reads", reads)
        consumer = NotificationConsumer()
        consumer.scope, consumer.transport = visitor.put({}, Visitor()), Transport()
        consumer.open_stream(consumer.transport, 7, None)
        left = weakref.ref(consumer)
        consumer.close_stream()
        reads.future = None
        await asyncio.sleep(0)
        del consumer
        assert left() is None

    gc.collect()
    gc.disable()
    try:
        asyncio.run(within())
    finally:
        gc.enable()


def test_a_user_who_is_gone_is_signed_out(monkeypatch):
    async def scenario(connection, reads, own):
        await answer(reads, None)
        assert connection.transport.sent == ["bye"]
        assert connection.transport.closed == CloseCode.SIGNED_OUT

    run(scenario, monkeypatch)


def test_a_read_that_fails_is_logged_and_said(monkeypatch, caplog):
    async def scenario(connection, reads, own):
        reads.future.set_exception(OSError("gone"))
        await asyncio.sleep(0)
        assert connection.transport.closed == CloseCode.OVERLOADED

    run(scenario, monkeypatch)
    assert "gone" in caplog.text
    assert "Traceback" not in caplog.text


def test_who_never_reads_what_it_asks_for_is_dropped(monkeypatch):
    async def scenario(connection, reads, own):
        await answer(reads, FOUND)
        connection.transport.held = stream_connection._BUFFER_MAX_BYTES + 1
        connection.perform([])
        assert connection.transport.aborted

    run(scenario, monkeypatch)


def test_only_what_a_client_holds_anew_is_told_to_the_sender(monkeypatch):
    async def scenario(connection, reads, own):
        def pong(revision):
            connection.perform(connection.stream.received(Pong("e", revision), time.monotonic()))
            told = {key: revision for key, (revision, *_) in own.receipts._waiting.items()}
            own.receipts._waiting.clear()
            return told

        await answer(reads, replace(FOUND, revision=3))
        assert own.receipts._waiting == {}
        assert pong(2) == {(7, "epoch_tag"): 2}
        assert pong(2) == pong(1) == {}
        # More than it was sent counts as what it was sent.
        assert pong(9) == {(7, "epoch_tag"): 3}

    run(scenario, monkeypatch)


def limits_of(login, monkeypatch):
    limits = []

    async def scenario(connection, reads, own):
        limits.append(connection.stream.limits)

    run(scenario, monkeypatch, login=login)
    return limits[0]


def age_s(login, monkeypatch):
    return limits_of(login, monkeypatch).age_s


def test_those_who_come_at_once_are_not_pinged_at_once(monkeypatch):
    shares = [limits_of(None, monkeypatch).first_ping_share for _ in range(20)]
    assert len(set(shares)) > 1
    assert all(0 < share <= 1 for share in shares)


def test_a_token_is_renewed_while_it_is_still_good(monkeypatch, settings):
    settings.NOTIFICATIONS_CONNECTION_AGE_S = 3600
    now = datetime.now(UTC)
    for left_s, most_s in ((600, 570), (40, 10), (33, 3), (20, 3), (-5, 3)):
        login = Login(None, None, now + timedelta(seconds=left_s), token_id=1)
        assert most_s - 1 < age_s(login, monkeypatch) <= max(most_s, 3)
    late = Login(None, None, now + timedelta(days=1), token_id=1)
    for login in (late, Login(None, "a session", now), None):
        assert 2700 <= age_s(login, monkeypatch) <= 4500


def test_what_holds_for_a_while_only_comes_again_by_then(monkeypatch):
    """The stream goes on for the seconds that its client has to leave."""
    now = datetime.now(UTC)
    for left_s, most_s in ((60, 55), (4, 3)):
        fresh_until = now + timedelta(seconds=left_s)
        login = Login(None, "a cookie", now + timedelta(days=1), fresh_until=fresh_until)
        assert most_s - 1 < age_s(login, monkeypatch) <= most_s
