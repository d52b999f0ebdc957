"""Keeps the endless work of a process going: what fails is logged, counted and begun again.

Nothing here expects an error: whoever knows what may fail handles it. This is for bugs, which must
cost no more than what they are in.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from notifications.process import log_limits, metrics

logger = logging.getLogger(__name__)

# Before it is begun again: doubled with each failure, until it has run for a while.
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 5.0
_RAN_WELL_S = 60.0


def report(place: str, error: BaseException, extra: Mapping[str, object] | None = None) -> None:
    """Log where a bug is, once a minute, and count it.

    Args: place: one of a few words of ours; what was being done. extra: fields of the event.
    """
    metrics.bugs.labels(place).inc()
    log_limits.once_a_minute(
        logger, logging.ERROR, place, "A bug in %s: %s (%s)", place, _described(error), _at(error),
        extra=extra,
    )  # fmt: skip


def attempt(place: str, act: Callable[..., object], *arguments: Any) -> None:
    """Do something whose failure must not hinder what comes after it."""
    try:
        act(*arguments)
    except Exception as error:  # noqa: BLE001 (the next is another)
        report(place, error)


async def keep(place: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do endless work, and begin it again whenever it raises."""
    waits = _Waits()
    while True:
        try:
            return await work()
        except Exception as error:  # noqa: BLE001 (work without an end must outlive a bug)
            report(place, error)
        await asyncio.sleep(waits.next_s())


def keep_thread(place: str, work: Callable[[], None], *, daemon: bool = True) -> threading.Thread:
    """Start a thread that does endless work, and begins it again whenever it raises.

    Args: daemon: whether the process ends without waiting for it.
    """

    def run() -> None:
        waits = _Waits()
        while True:
            try:
                return work()
            except Exception as error:  # noqa: BLE001 (work without an end must outlive a bug)
                report(place, error)
            time.sleep(waits.next_s())

    thread = threading.Thread(target=run, name=f"notifications-{place}", daemon=daemon)
    thread.start()
    return thread


class OnDemand:
    """Work of an event loop that is done when there is some, by one task, until none is left.

    Where it raises it is begun again, since more may wait.
    """

    def __init__(self, place: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Args: work: returns when nothing is left, without a pause after it has looked."""
        self._place, self._work = place, work
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """There is work; call it on the loop that does it."""
        if self._task is None:
            # A context of its own: a task would keep that of the request which happens to ask.
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._run(), context=contextvars.Context())

    async def _run(self) -> None:
        try:
            await keep(self._place, self._work)
        finally:
            self._task = None


class _Waits:
    def __init__(self) -> None:
        self._wait_s = _FIRST_WAIT_S
        self._began = time.monotonic()

    def next_s(self) -> float:
        now = time.monotonic()
        if now - self._began > _RAN_WELL_S:
            self._wait_s = _FIRST_WAIT_S
        self._began = now
        wait_s, self._wait_s = self._wait_s, min(_LONGEST_WAIT_S, self._wait_s * 2)
        return wait_s * random.uniform(0.5, 1.5)  # noqa: S311


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip()}"


def _at(error: BaseException) -> str:
    """The last steps to the error, in one line: a log holds no traceback."""
    steps = traceback.extract_tb(error.__traceback__)[-3:]
    return " > ".join(f"{step.filename}:{step.lineno} {step.name}" for step in steps)
