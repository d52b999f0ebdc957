"""What the streams over HTTP answer where there is no stream; no server, no database."""

import asyncio
import json
import time
from types import SimpleNamespace

import pytest

from notifications.consumers import http, stream_connection
from notifications.consumers.event_stream import EventStreamConsumer
from notifications.consumers.long_poll import LongPollConsumer
from notifications.consumers.transports import ABORT
from notifications.credentials import visitor
from notifications.credentials.visitor import Visitor
from notifications.process import metrics
from notifications.push import runtime
from notifications.push.hub import Hub
from notifications.stream.messages import Loaded
from notifications.wire.contract import CloseCode

FOUND = Loaded("u", "e", "epoch_tag", 0, 0, 0, listed=())
AT_HEAD = Loaded("u", "e", "epoch_tag", 3, 0, 0, since=3)
CONSUMERS = {"sse": EventStreamConsumer, "poll": LongPollConsumer}


class Request:
    """One request: what the server hears of it and says to it."""

    def __init__(self, consumer, query_string=b"", **known):
        user = SimpleNamespace(pk=7, is_authenticated=True)
        self.sent, self.aborted, self.is_held = [], False, asyncio.Event()
        self.is_held.set()
        self.events = asyncio.Queue()
        scope = {
            "type": "http", "method": "GET", "headers": [], "query_string": query_string,
            "extensions": {ABORT: self._abort},
        }  # fmt: skip
        self.scope = visitor.put(scope, Visitor(user=user, inbox_id=7, **known))
        self.events.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        self.task = asyncio.ensure_future(
            consumer.as_asgi()(self.scope, self.events.get, self.send)
        )

    async def send(self, event):
        await self.is_held.wait()
        self.sent.append(event)

    def _abort(self):
        self.aborted = True
        self.leave()

    def leave(self):
        self.events.put_nowait({"type": "http.disconnect"})

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def headers(self):
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self):
        return b"".join(event["body"] for event in self.sent[1:])


class Reads:
    def __init__(self):
        self.futures = []

    def ask(self, question):
        self.futures.append(asyncio.get_running_loop().create_future())
        return self.futures[-1]


@pytest.fixture
def run(monkeypatch):
    def run_scenario(scenario):
        async def within():
            own, reads = Hub(), Reads()
            monkeypatch.setattr(runtime, "current", lambda: own)
            monkeypatch.setattr(stream_connection, "_reads", reads)
            monkeypatch.setattr(stream_connection, "_first_reads", reads)
            async with asyncio.timeout(30):
                await scenario(own, reads)
            assert own.streams == {}
            assert own.timers._slot_of == {}

        asyncio.run(within())

    return run_scenario


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


async def end(request):
    request.leave()
    await request.task


@pytest.fixture(params=CONSUMERS)
def consumer(request):
    return CONSUMERS[request.param]


@pytest.mark.parametrize("why", ["it drains", "the database is away"])
def test_it_says_when_to_come_back(run, consumer, why):
    async def scenario(own, reads):
        own.is_draining = why == "it drains"
        request = Request(consumer, **({} if own.is_draining else {"lookup_failed": True}))
        await settle()
        assert (request.status, request.headers["retry-after"]) == (503, "2")
        assert json.loads(request.body)["status"] == 503
        assert reads.futures == []
        await end(request)

    run(scenario)


@pytest.mark.parametrize(
    "query", [b"x=1", b"x=", b"epoch=e&epoch=e&since=1", b"wait=1&since=1&epoch=e&q=x"]
)
def test_a_query_that_is_not_known_is_refused_and_reads_nothing(run, consumer, query):
    async def scenario(own, reads):
        request = Request(consumer, query_string=query)
        await settle()
        assert request.status == 422
        assert json.loads(request.body)["errors"]
        assert reads.futures == []
        await end(request)

    run(scenario)


def test_open_streams_are_counted_by_transport(run, consumer):
    async def scenario(own, reads):
        gauge = metrics.streams_open.labels(consumer.kind)
        before = gauge.value
        request = Request(consumer)
        await settle()
        assert gauge.value == before + 1
        await end(request)
        assert gauge.value == before

    run(scenario)


def test_a_body_that_nobody_asked_for_is_not_answered_twice(run, consumer):
    async def scenario(own, reads):
        request = Request(consumer)
        request.events.put_nowait({"type": "http.request", "body": b"x", "more_body": False})
        await settle()
        assert len(reads.futures) == 1
        await end(request)

    run(scenario)


def test_events_begin_before_the_database_has_answered(run):
    async def scenario(own, reads):
        request = Request(EventStreamConsumer)
        await settle()
        assert (request.status, request.body) == (200, b":\n\n")
        reads.futures[0].set_result(FOUND)
        await settle()
        assert b"event: synced\nid: e.0\ndata: {" in request.body
        (connection,) = own.streams[7]
        connection.perform(connection.stream.end(CloseCode.RESTART, "Restart.", time.monotonic()))
        await settle()
        assert b"event: bye\ndata: {" in request.body
        assert request.sent[-1]["more_body"] is False
        await end(request)

    run(scenario)


def test_who_takes_nothing_after_the_bye_is_dropped(run):
    async def scenario(own, reads):
        request = Request(EventStreamConsumer)
        await settle()
        request.is_held.clear()
        reads.futures[0].set_result(FOUND)
        await settle()
        (connection,) = own.streams[7]
        now = time.monotonic()
        connection.perform(connection.stream.end(CloseCode.RENEW, "Enough.", now))
        connection.perform(connection.stream.tick(now + 4))
        assert not request.aborted
        connection.perform(connection.stream.tick(now + 10))
        assert request.aborted
        await request.task

    run(scenario)


@pytest.mark.parametrize(
    ("code", "status"),
    [(CloseCode.SIGNED_OUT, 401), (CloseCode.NOT_ALLOWED, 403), (CloseCode.OVERLOADED, 503)],
)
def test_a_held_poll_is_ended_by_a_status(run, code, status):
    async def scenario(own, reads):
        request = Request(LongPollConsumer, query_string=b"epoch=e&since=3")
        await settle()
        reads.futures[0].set_result(AT_HEAD)
        await settle()
        assert request.sent == []
        (connection,) = own.streams[7]
        connection.perform(connection.stream.end(code, "So be it.", time.monotonic()))
        await settle()
        assert request.status == status
        await end(request)

    run(scenario)


def test_a_poll_of_a_user_who_is_gone_is_401(run):
    async def scenario(own, reads):
        request = Request(LongPollConsumer)
        await settle()
        reads.futures[0].set_result(None)
        await settle()
        assert request.status == 401
        await end(request)

    run(scenario)


def test_a_server_that_is_cancelled_leaves_nothing_behind(run, consumer):
    async def scenario(own, reads):
        request = Request(consumer)
        await settle()
        assert own.streams
        request.task.cancel()
        await asyncio.wait([request.task])

    run(scenario)


def test_what_is_half_a_cursor_is_a_problem():
    for epoch, since in (("", "1"), ("e", ""), ("e", "x")):
        with pytest.raises(http.Problem) as caught:
            http.cursor(epoch, since)
        assert caught.value.status == 422
    assert http.cursor("", "") is None
    assert http.cursor("e" * 65, "1") is None
