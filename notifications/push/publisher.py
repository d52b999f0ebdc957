"""Gives hints to the channel layer. It may fail, hang or be absent: nothing is lost by that.

Whoever commits only puts the hint into a queue and goes on. One task per process takes them out: on
the event loop of the hub where there is one, else on a thread of its own, which a command that ends
gives a second to finish. Where the layer is in memory and the database is PostgreSQL, the database
wakes the other processes (``notifier.py``).
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from notifications.process import metrics, supervisor
from notifications.process.log_limits import once_a_minute
from notifications.push import hints as hints_module
from notifications.push import layers, notifier, wakes
from notifications.push.installation import Event

logger = logging.getLogger(__name__)

# A layer that takes longer does not answer.
TIMEOUT_S = 1.0
# After a failure hints are dropped for this long, then one is tried; doubled up to the most.
_BREAK_S, _BREAK_MAX_S = 0.5, 5.0
_QUEUE_MAX = 10_000


class Publisher:
    """Takes hints from any thread to the layer, one after the other."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, Event]] = deque()
        self._idle = threading.Event()
        self._idle.set()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker = self._new_worker()
        self._closed_until = 0.0
        self._break_s = _BREAK_S
        self._on_failure: Callable[[], None] = lambda: None

    def attach(
        self, loop: asyncio.AbstractEventLoop, on_failure: Callable[[], None] = lambda: None
    ) -> None:
        """Publish on this loop from now on: the hub's, on which it also receives.

        Args: on_failure: called when the layer has failed: what it should have carried must be
            looked for.
        """
        self._loop, self._on_failure = loop, on_failure
        # The one of the loop before may never end.
        self._worker = self._new_worker()

    def publish(self, hints: Iterable[tuple[str, Event]]) -> None:
        """Put hints into the queue; from any thread, without waiting."""
        for hint in hints:
            if len(self._waiting) >= _QUEUE_MAX:
                metrics.hints_lost.inc()
                continue
            self._waiting.append(hint)
        loop = self._loop or self._own_loop()
        if loop is None:
            self._waiting.clear()  # a layer in memory, and nobody in this process listens
            return
        self._idle.clear()
        try:
            loop.call_soon_threadsafe(self._wake)
        except RuntimeError:  # the loop has ended; the database tells
            self._drop()

    def flush(self, timeout_s: float = TIMEOUT_S) -> bool:
        """Wait until all hints are with the layer, or dropped; whether that was in time."""
        return self._idle.wait(timeout_s)

    def _own_loop(self) -> asyncio.AbstractEventLoop | None:
        if not layers.joins_processes():
            return None
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                supervisor.keep_thread("publishing", self._loop.run_forever)
                atexit.register(self.flush)
        return self._loop

    def _new_worker(self) -> supervisor.OnDemand:
        return supervisor.OnDemand("publishing hints", self._work)

    def _wake(self) -> None:
        self._worker.wake()

    async def _work(self) -> None:
        try:
            while self._waiting:
                try:
                    hint = self._waiting.popleft()
                except IndexError:  # taken by the worker of the loop before
                    break
                try:
                    await self._send(*hint)
                except Exception as error:  # noqa: BLE001 (the next is another)
                    supervisor.report("publishing a hint", error)
        finally:
            self._idle.set()

    async def _send(self, group: str, event: Event) -> None:
        if time.monotonic() < self._closed_until:
            metrics.hints_lost.inc()
            return
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await layers.publishing().group_send(group, event)
        except Exception as error:  # noqa: BLE001 (a layer may raise anything; nothing rests on it)
            self._failed(error)
        else:
            metrics.hints_sent.inc()
            self._break_s = _BREAK_S

    def _failed(self, error: Exception) -> None:
        metrics.hints_lost.inc()
        self._closed_until = time.monotonic() + self._break_s
        once_a_minute(
            logger, logging.WARNING, "publish",
            "The channel layer took no hint (%s: %s); the next is tried in %s s.",
            type(error).__name__, str(error).strip(), self._break_s,
        )  # fmt: skip
        self._break_s = min(_BREAK_MAX_S, self._break_s * 2)
        self._on_failure()

    def _drop(self) -> None:
        metrics.hints_lost.inc(len(self._waiting))
        self._waiting.clear()
        self._idle.set()


_publisher = Publisher()


def attach(loop: asyncio.AbstractEventLoop, on_failure: Callable[[], None]) -> None:
    """``Publisher.attach``, of this process."""
    _publisher.attach(loop, on_failure)


def publish(hints: Sequence[tuple[str, Event]]) -> None:
    """Tell all processes what was committed; from any thread, without waiting."""
    _publisher.publish(hints)
    if notifier.is_wanted():
        _wake_others(hints)


def flush(timeout_s: float = TIMEOUT_S) -> bool:
    """Wait until what this process has published has gone or is dropped; whether it is in time."""
    began_at = time.monotonic()
    is_published = _publisher.flush(timeout_s)
    return notifier.flush(began_at + timeout_s - time.monotonic()) and is_published


def _wake_others(hints: Sequence[tuple[str, Event]]) -> None:
    by_installation: dict[str, list[tuple[int | None, Event]]] = {}
    for group, event in hints:
        installation_group, inbox_id = hints_module.told_by(group)
        by_installation.setdefault(installation_group, []).append((inbox_id, event))
    for installation_group, told in by_installation.items():
        notifier.hint(wakes.channel(installation_group), told)
