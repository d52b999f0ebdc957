"""Ends a server process so that nobody notices: its streams are sent elsewhere first.

Servers do it badly by themselves: uvicorn closes every socket in one moment and waits for events
that have no end, Daphne cuts all connections off. So the first signal is ours, and the server's own
handler runs once nobody is left, or there is no more time; a second signal is the server's at once.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any

from notifications.conf import conf
from notifications.process import metrics, supervisor
from notifications.push import runtime
from notifications.push.connection import Connection
from notifications.wire import contract
from notifications.wire.contract import CloseCode

logger = logging.getLogger(__name__)

Application = Callable[[Any, Any, Any], Any]
Handler = Callable[[int, FrameType | None], Any]

REASON = "This server is about to end; another one answers."
# Fewer streams need less than the whole time: another process takes so many without noticing.
_STREAMS_PER_S = 50
# What the timers of the streams may be late, and a close takes.
_GRACE_S = 1.0
# What the server is given after that, where a request still runs.
_SERVER_S = 10.0
# Whoever comes to a process that is ending is told to come back after a time between these.
_REFUSED_MS = (1000, 3000)
# The same, where a header says it.
REFUSED_RETRY_S = 2
_LOOK_S = 0.05
# For which the end waits until it is written down how the streams ended.
_FLUSH_S = 2.0
_BATCH = 200


def refused_after_ms() -> int:
    """When who comes now shall come back, to another process or the next."""
    return random.randint(*_REFUSED_MS)  # noqa: S311


def ends_within_s() -> float:
    """When a process that is told to end has ended, whatever holds it up."""
    return _drained_within_s() + _SERVER_S


def _drained_within_s() -> float:
    return float(conf.DRAIN_S + contract.LINGER_S + _GRACE_S)


def on_signals(application: Application) -> Application:
    """Let the process drain when it is told to end.

    The handlers are ours from the first connection on: only then have all servers set theirs, and
    before it there is nobody to send away.
    """
    drain: Drain | None = None

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        nonlocal drain
        if drain is None:
            drain = Drain()
            drain.install()
        await drain.count(application, scope, receive, send)

    return watched


class Drain:
    """What SIGTERM and SIGINT do to a process. It belongs to the event loop that makes it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._servers: dict[int, Handler] = {}
        self._has_begun = False
        self._requests_open = 0
        # Of these, those that had begun before the end did: who comes later never ends.
        self._requests_before = 0
        self._task: asyncio.Task[None] | None = None

    def install(self) -> None:
        """Put our handler before those of the server, where it has any."""
        if threading.current_thread() is not threading.main_thread():
            return  # under the reloader, whose thread alone is signalled
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if callable(before):
                self._servers[number] = before
                signal.signal(number, self._told_to_end)

    async def count(self, application: Application, scope: Any, receive: Any, send: Any) -> None:
        """Run the application; HTTP requests that have begun before the end are waited for."""
        counts = scope["type"] == "http"
        is_before = counts and not self._has_begun
        if counts:
            send = self._closing(send)
        self._requests_open += counts
        self._requests_before += is_before
        metrics.requests_open.set(self._requests_open)
        try:
            await application(scope, receive, send)
        finally:
            self._requests_open -= counts
            self._requests_before -= is_before
            metrics.requests_open.set(self._requests_open)

    def _closing(self, send: Any) -> Any:
        """Let nobody keep a connection for later once the process is about to end."""

        async def sending(event: Any) -> None:
            if self._has_begun and event["type"] == "http.response.start":
                headers = [*event.get("headers", ()), (b"connection", b"close")]
                event = {**event, "headers": headers}
            await send(event)

        return sending

    def _told_to_end(self, number: int, frame: FrameType | None) -> None:
        """Amid whatever the loop does at the moment: so only say it, and have it done later."""
        if self._loop.is_closed():
            self._servers[number](number, frame)
        elif self._has_begun:
            self._loop.call_soon_threadsafe(self._end_now, number)
        else:
            self._has_begun = True
            self._loop.call_soon_threadsafe(self._begin, number)

    def _begin(self, number: int) -> None:
        # A context of its own, or it would be that of a request.
        self._task = self._loop.create_task(self._run(number), context=contextvars.Context())

    def _end_now(self, number: int) -> None:
        if self._task is not None:
            self._task.cancel()
        self._end(number)

    def _end(self, number: int) -> None:
        """Whatever becomes of the streams, the server must hear that it is to end."""
        supervisor.attempt("draining", _drop_all)
        self._servers[number](number, None)

    async def _run(self, number: int) -> None:
        try:
            await self._drain()
        except Exception as error:  # noqa: BLE001 (then it ends sooner)
            supervisor.report("draining", error)
        self._end(number)

    async def _drain(self) -> None:
        """Send everybody elsewhere, and wait until they have gone or there is no more time."""
        here = runtime.current()
        here.is_draining = True
        metrics.draining.set(1)
        streams = here.all_streams()
        limit_s = _drained_within_s()
        ends_at = time.monotonic() + limit_s
        if conf.SERVER_PROCESSES == 1:
            _close_at_once(streams)
        else:
            if streams:
                text = "%d streams are sent elsewhere within %d s; a second signal ends at once."
                logger.info(text, len(streams), limit_s)
            await _send_away(streams)
        while (  # noqa: ASYNC110 (once in a process's life)
            here.streams or self._requests_before
        ) and time.monotonic() < ends_at:
            await asyncio.sleep(_LOOK_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH_S):
                await here.journal.flush()


def _close_at_once(streams: list[Connection]) -> None:
    """Nobody else can take the clients: they come back when the next process is there, not all in
    one moment.
    """
    for share_s, connection in _shares(streams):
        after_ms = refused_after_ms() + round(share_s * 1000)
        _end(connection, after_ms, may_linger=False)


def _shares(streams: list[Connection]) -> list[tuple[float, Connection]]:
    """To each stream its share of the time, so that clients do not all come back at once."""
    random.shuffle(streams)
    spread_s = min(conf.DRAIN_S, len(streams) / _STREAMS_PER_S)
    return [(spread_s * n / len(streams), connection) for n, connection in enumerate(streams)]


async def _send_away(streams: list[Connection]) -> None:
    began = time.monotonic()
    shares = _shares(streams)
    for n, (share_s, connection) in enumerate(shares, 1):
        if connection.says_when:
            _end(connection, round(share_s * 1000))
        if n % _BATCH == 0:
            await asyncio.sleep(0)
    # An answer to a poll cannot say when to come back, so it comes at that time itself.
    for share_s, connection in shares:
        if not connection.says_when:
            await asyncio.sleep(max(0.0, began + share_s - time.monotonic()))
            _end(connection, 0)


def _end(connection: Connection, after_ms: int, *, may_linger: bool = True) -> None:
    end = partial(connection.stream.end, may_linger=may_linger)
    runtime.current().perform(
        connection, end, CloseCode.RESTART, REASON, time.monotonic(), after_ms
    )


def _drop_all() -> None:
    """End what is still open: who has not left by now was told to, and does not read."""
    for connection in runtime.current().all_streams():
        if connection.says_when:
            supervisor.attempt("dropping a stream", connection.abort)
        else:
            _end(connection, 0)
