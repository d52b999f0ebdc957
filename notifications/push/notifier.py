"""Wakes the other processes by PostgreSQL's NOTIFY, once something is committed.

Not in the transaction: from its NOTIFY on until it is committed, nobody else who does so could
commit. So one thread per process notifies on a connection of its own, while whoever has committed
goes on. One NOTIFY is under way at a time; what comes meanwhile goes with the next. It may fail:
nothing is lost by that, since everybody looks into the database anyhow, a little later.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import connection

from notifications.conf import conf
from notifications.process import metrics, supervisor
from notifications.process.log_limits import once_a_minute
from notifications.push import layers
from notifications.push.installation import Event
from notifications.push.wakes import Inboxes, Told

if TYPE_CHECKING:
    from notifications.push.direct import DirectConnection

logger = logging.getLogger(__name__)

# How long a command that ends waits for what it has not told yet.
FLUSH_S = 1.0
# After a failure nobody is told for this long; doubled up to the most.
_BREAK_S, _BREAK_MAX_S = 0.5, 5.0
# A connection that was not needed for so long is given back, unless this process serves. PostgreSQL
# waits 5 s for others to leave a database that is to be dropped, as after a project's tests.
_IDLE_S = 2.0


def is_wanted() -> bool:
    """Whether processes wake each other by PostgreSQL: where no channel layer joins them."""
    if connection.vendor != "postgresql" or not conf.LISTEN or layers.joins_processes():
        return False
    from django.db.backends.postgresql.psycopg_any import is_psycopg3  # noqa: PLC0415 (a driver)

    return bool(is_psycopg3)


@dataclass(eq=False, slots=True)
class Batch:
    """What goes together, by channel; and what became of it."""

    wakes: dict[str, Told] = field(default_factory=dict)
    # When PostgreSQL was told, by the monotonic clock.
    told_at: float | None = None
    is_lost: bool = False


class Notifier:
    """Takes wakes from any thread to PostgreSQL."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting = Batch()
        self._idle = threading.Event()
        self._idle.set()
        self._has_thread = False
        self._connection: DirectConnection | None = None
        self._idle_s: float | None = _IDLE_S
        self._closed_until = 0.0
        self._break_s = _BREAK_S

    def wake(self, channel: str, inboxes: Inboxes) -> Batch:
        """Let those who listen there look, soon; without waiting. Returns: what will tell of it."""
        return self._add(channel, lambda told: told.name(inboxes))

    def hint(self, channel: str, hints: Sequence[tuple[int | None, Event]]) -> Batch:
        """Give hints to those who listen there, soon; each with the inbox that it is about."""

        def carry(told: Told) -> None:
            for inbox_id, event in hints:
                told.carry(inbox_id, event)

        return self._add(channel, carry)

    def _add(self, channel: str, say: Callable[[Told], None]) -> Batch:
        with self._changed:
            batch = self._waiting
            say(batch.wakes.setdefault(channel, Told()))
            self._idle.clear()
            self._changed.notify()
            begins, self._has_thread = not self._has_thread, True
        if begins:
            supervisor.keep_thread("notifying", self._run)
            atexit.register(self.flush)
        return batch

    def stay_connected(self, *, until_idle: bool = False) -> None:
        """Keep the connection from now on: this process needs it again and again.

        Args: until_idle: no longer, but as at first.
        """
        with self._changed:
            self._idle_s = _IDLE_S if until_idle else None
            self._changed.notify()

    def flush(self, timeout_s: float = FLUSH_S) -> bool:
        """Wait until everybody was told, or that has failed; whether it was in time."""
        return self._idle.wait(timeout_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting.wakes:
                    idle_s = None if self._connection is None else self._idle_s
                    if not self._changed.wait(idle_s):
                        self._close()
                batch, self._waiting = self._waiting, Batch()
            try:
                self._tell(batch)
            finally:
                batch.is_lost = batch.told_at is None
                with self._changed:
                    if not self._waiting.wakes:
                        self._idle.set()

    def _tell(self, batch: Batch) -> None:
        if time.monotonic() < self._closed_until:
            metrics.wakes_lost.inc(len(batch.wakes))
            return
        try:
            self._notify(batch)
        except Exception as error:  # noqa: BLE001 (whatever it is, nothing rests on it)
            metrics.wakes_lost.inc(len(batch.wakes))
            self._failed(error)
        else:
            batch.told_at = time.monotonic()
            metrics.wakes_sent.inc(len(batch.wakes))
            self._break_s = _BREAK_S

    def _notify(self, batch: Batch) -> None:
        was_idle = self._connection is not None
        try:
            self._say(batch)
        except Exception:
            self._close()
            if not was_idle:
                raise
            # The server, or somebody between, may have ended what nobody used.
            self._say(batch)

    def _say(self, batch: Batch) -> None:
        from notifications.push import direct  # noqa: PLC0415 (psycopg)

        if self._connection is None:
            self._connection = direct.notifying()
        for channel, told in batch.wakes.items():
            self._connection.notify(channel, told.payloads())

    def _failed(self, error: Exception) -> None:
        self._close()
        self._closed_until = time.monotonic() + self._break_s
        once_a_minute(
            logger, logging.WARNING, "notify",
            "Other processes could not be woken by NOTIFY (%s: %s); they find what is new within "
            "%g s.", type(error).__name__, str(error).strip(), conf.RECONCILE_S,
        )  # fmt: skip
        self._break_s = min(_BREAK_MAX_S, self._break_s * 2)

    def _close(self) -> None:
        opened, self._connection = self._connection, None
        if opened is not None:
            opened.close()


_notifier = Notifier()


def wake(channel: str, inboxes: Inboxes) -> Batch:
    """``Notifier.wake``, of this process."""
    return _notifier.wake(channel, inboxes)


def hint(channel: str, hints: Sequence[tuple[int | None, Event]]) -> Batch:
    """``Notifier.hint``, of this process."""
    return _notifier.hint(channel, hints)


def stay_connected(*, until_idle: bool = False) -> None:
    """``Notifier.stay_connected``, of this process."""
    _notifier.stay_connected(until_idle=until_idle)


def flush(timeout_s: float = FLUSH_S) -> bool:
    """``Notifier.flush``, of this process."""
    return _notifier.flush(timeout_s)


def _begin_anew() -> None:
    """A process that was forked has no thread of its parent, and may not use its connection."""
    global _notifier  # noqa: PLW0603
    _notifier = Notifier()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_begin_anew)
