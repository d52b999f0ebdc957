"""What a socket says before it has a stream, and when a bug is met; no server, no database."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from notifications.consumers import websocket
from notifications.consumers.diagnostics import DiagnosticsConsumer
from notifications.consumers.echo import EchoConsumer
from notifications.consumers.websocket import NotificationConsumer
from notifications.credentials import visitor
from notifications.credentials.visitor import Visitor
from notifications.process import log_limits, metrics
from notifications.push import runtime
from notifications.push.hub import Hub
from notifications.wire import contract
from notifications.wire.contract import CloseCode

ALICE = SimpleNamespace(pk=7, is_authenticated=True)
NEXT_VERSION = f"{contract.SUBPROTOCOL_FAMILY}v99"


@pytest.fixture(autouse=True)
def nothing_is_kept(settings):
    """Of streams here, which have no database to be written to."""
    settings.NOTIFICATIONS_STREAM_RETENTION_H = 0


class Socket:
    """One socket: what the server hears of it and says to it."""

    def __init__(self, consumer, known=None, offered=(contract.SUBPROTOCOL,)):
        self.sent, self.events = [], asyncio.Queue()
        scope = {"type": "websocket", "subprotocols": list(offered), "query_string": b""}
        self.hears("connect")
        self.task = asyncio.ensure_future(
            consumer.as_asgi()(visitor.put(scope, known or Visitor()), self.events.get, self.send)
        )

    async def send(self, event):
        self.sent.append(event)

    def hears(self, kind, **event):
        self.events.put_nowait({"type": f"websocket.{kind}", **event})

    async def until_closed(self):
        while not (self.sent and self.sent[-1]["type"] == "websocket.close"):  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    @property
    def bye(self):
        return json.loads(self.sent[-2]["text"])


@pytest.fixture
def run(layer, monkeypatch):
    log_limits.PROCESS.clear()

    def run_scenario(scenario):
        async def within():
            own = Hub()
            monkeypatch.setattr(runtime, "current", lambda: own)
            async with asyncio.timeout(30):
                await scenario(own)
            assert own.streams == {}

        asyncio.run(within())

    return run_scenario


REFUSED = {
    "it drains": (Visitor(ALICE, inbox_id=7), (), CloseCode.RESTART),
    "a version that we do not know": (
        Visitor(ALICE, inbox_id=7),
        (NEXT_VERSION,),
        CloseCode.VERSION,
    ),
    "too often": (Visitor(ALICE, inbox_id=7, wait_s=9), (), CloseCode.RATE_LIMIT),
    "the database is away": (Visitor(lookup_failed=True), (), CloseCode.OVERLOADED),
    "a foreign origin": (Visitor(origin_refused=True), (), CloseCode.NOT_ALLOWED),
    "nobody": (Visitor(), (), CloseCode.SIGNED_OUT),
}
AFTER_MS = {CloseCode.RATE_LIMIT: 9000, CloseCode.OVERLOADED: 2000}


@pytest.mark.parametrize(("known", "offered", "code"), REFUSED.values(), ids=REFUSED)
def test_who_is_refused_is_let_in_and_told_why(run, known, offered, code):
    async def scenario(own):
        own.is_draining = code == CloseCode.RESTART
        socket = Socket(NotificationConsumer, known, offered)
        socket.hears("receive", text='{"type":"ping"}')  # nothing that it says counts
        await socket.until_closed()
        assert [event["type"].removeprefix("websocket.") for event in socket.sent] == [
            "accept", "send", "close",
        ]  # fmt: skip
        assert socket.sent[0]["subprotocol"] == (offered[0] if offered else None)
        assert (socket.bye["type"], socket.bye["code"]) == ("bye", code)
        assert socket.sent[-1]["code"] == code
        if code != CloseCode.RESTART:  # chosen anew each time
            assert socket.bye["after_ms"] == AFTER_MS.get(code, 0)
        socket.hears("disconnect", code=1005)
        await socket.task

    run(scenario)


def fail(*_arguments, **_named):
    raise RuntimeError("a bug")


@pytest.mark.parametrize("kind", ["inbox", "echo", "diagnostics"])
def test_a_bug_before_or_without_a_stream_is_told_and_leaves_no_traceback(
    run, kind, monkeypatch, caplog
):
    consumers = {
        "inbox": NotificationConsumer,
        "echo": EchoConsumer,
        "diagnostics": DiagnosticsConsumer,
    }
    consumer = consumers[kind]

    async def scenario(own):
        before = metrics.bugs.labels("a connection").value
        if kind != "echo":
            monkeypatch.setattr(websocket.admission, "admit", fail)
        else:
            monkeypatch.setattr("notifications.consumers.echo.TokenBucket.take", fail)
        socket = Socket(consumer, Visitor(ALICE, inbox_id=7))
        socket.hears("receive", text="Hello")
        await socket.until_closed()
        assert socket.bye["code"] == socket.sent[-1]["code"] == CloseCode.OVERLOADED
        socket.hears("disconnect", code=1005)
        await socket.task
        assert metrics.bugs.labels("a connection").value - before == 1

    run(scenario)
    assert "Traceback" not in caplog.text


def test_an_echo_ends_by_itself(run, settings):
    settings.NOTIFICATIONS_ECHO_LIFE_S = 0.01

    async def scenario(own):
        socket = Socket(EchoConsumer)
        await socket.until_closed()
        assert socket.bye["code"] == CloseCode.RENEW
        socket.hears("receive", text="Hello")
        socket.hears("disconnect", code=1005)
        await socket.task
        assert socket.sent[-1]["type"] == "websocket.close"

    run(scenario)
