"""Listens to what other processes notify of, on a thread and a connection of its own.

Whether it hears is proven, and again every few seconds: by a NOTIFY that goes the way that all
others go, to a channel that only this listener knows. One that does not come back in time says
that the connection is dead, though nobody has said so, or that a pooler stands between, which lends
its connections by transaction: there LISTEN succeeds and nothing is ever heard. Until it hears
again, what others commit is found by the reconciler's next look.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

import psycopg

from notifications.conf import conf
from notifications.process import metrics, supervisor
from notifications.process.log_limits import once_a_minute
from notifications.push import direct, notifier, wakes
from notifications.push.direct import DirectConnection
from notifications.push.notifier import Batch
from notifications.push.wakes import Inboxes

logger = logging.getLogger(__name__)

# Between two proofs, and what each may take: a busy machine is no dead one.
PROOF_EVERY_S, PROOF_S = 5.0, 3.0
# At most, until the end or another channel is noticed.
_STEP_S = 0.5
# Before it is tried again, doubled up to the most: after an error, and where nothing gets through.
_RETRY_S, _RETRY_MAX_S, _DEAF_RETRY_MAX_S = 0.25, 5.0, 30.0


class _DeafError(Exception):
    """What was notified did not come."""


class Listener:
    """Wakes whoever looks, with the inboxes in which something may be new, and passes hints on."""

    def __init__(
        self,
        wake: Callable[[Inboxes], None],
        take: Callable[[Sequence[object], Inboxes], None],
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        """Args: wake: called on a thread of the listener's. take: likewise, with what may be hints,
        and the inboxes that they are about.

        is_over: whether nobody hears it any more, as when an event loop has ended that nobody has
        said goodbye to.
        """
        self._wake, self._pass_on = wake, take
        self._is_over = is_over
        self._has_channel = threading.Event()
        self._channel = ""
        self._ended = threading.Event()
        self._retry_s = _RETRY_S
        # How often in a row nothing came through a connection that had just been made.
        self._deaf_count = 0
        self._is_cut = False

    def start(self) -> None:
        supervisor.keep_thread("listening", self._run)

    def stop(self) -> None:
        self._ended.set()
        self._has_channel.set()

    def listen_to(self, channel: str) -> None:
        """Which channel is ours has become known, or another one; from any thread."""
        self._channel = channel
        self._has_channel.set()

    def _run(self) -> None:
        while not self._has_channel.wait(_STEP_S) and self._goes_on():
            pass
        notifier.stay_connected()
        while self._goes_on():
            try:
                with direct.listening() as connection:
                    self._listen(connection)
            except psycopg.Error as error:
                self._failed(error)
                self._retry_s = min(_RETRY_MAX_S, self._retry_s * 2)
            except _DeafError:
                self._was_deaf()
                self._retry_s = min(_DEAF_RETRY_MAX_S, self._retry_s * 2)
            finally:
                metrics.listening.set(0)
            self._ended.wait(self._retry_s)
        notifier.stay_connected(until_idle=True)

    def _goes_on(self) -> bool:
        return not self._ended.is_set() and not self._is_over()

    def _listen(self, connection: DirectConnection) -> None:
        """Raises: psycopg.Error, _DeafError."""
        private, channel = wakes.private_channel(), ""
        connection.listen(private)
        proof = _Proof(private)
        while self._goes_on():
            proof.ask_if_due()
            heard = connection.heard(_STEP_S)
            self._take([payload for where, payload in heard if where != private])
            if any(where == private for where, _ in heard):
                proof.came()
            proof.must_have_come()
            if proof.is_given and channel != self._channel:
                if channel:
                    connection.unlisten(channel)
                channel = self._channel
                connection.listen(channel)
                self._hears()

    def _take(self, payloads: list[str]) -> None:
        others = [payload for payload in payloads if not wakes.is_ours(payload)]
        if not others:
            return
        metrics.wakes_heard.inc(len(others))
        woken: Inboxes = ()
        hinted: Inboxes = ()
        hints: list[object] = []
        for payload in others:
            if found := wakes.hints(payload):
                hints += found
                hinted = wakes.together(hinted, wakes.inboxes(payload))
            else:
                woken = wakes.together(woken, wakes.inboxes(payload))
        if hints:
            self._pass_on(hints, hinted)
        if woken is None or woken:
            self._wake(woken)

    def _hears(self) -> None:
        metrics.listening.set(1)
        self._retry_s, self._deaf_count = _RETRY_S, 0
        if self._is_cut:
            logger.info("What other processes commit is heard of at once again (LISTEN).")
        self._is_cut = False
        self._wake(None)  # what was committed meanwhile

    def _failed(self, error: psycopg.Error) -> None:
        self._is_cut = True
        once_a_minute(
            logger, logging.WARNING, "listen",
            "What other processes commit is found within %g s, and not at once: LISTEN failed "
            "(%s: %s).", conf.RECONCILE_S, type(error).__name__, str(error).strip(),
        )  # fmt: skip

    def _was_deaf(self) -> None:
        self._deaf_count += 1
        self._is_cut = True
        # Not the first time: the connection may have died.
        if self._deaf_count == 2:  # noqa: PLR2004 (once)
            logger.warning(
                "What other processes commit is found within %g s, and not at once: what is "
                "notified does not come through. Is PostgreSQL behind a PgBouncer that lends "
                "connections by transaction? Then let NOTIFICATIONS_LISTEN_DATABASE "
                "(DATABASE_LISTEN_URL) lead past it.", conf.RECONCILE_S,
            )  # fmt: skip


class _Proof:
    """Whether what is notified comes through."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._next_at = 0.0
        # With which the one goes that has not come yet.
        self._asked: Batch | None = None
        self.is_given = False

    def ask_if_due(self) -> None:
        # What this process could not notify of proves nothing.
        is_lost = self._asked is not None and self._asked.is_lost
        if (self._asked is None or is_lost) and time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + PROOF_EVERY_S
            self._asked = notifier.wake(self._channel, None)

    def came(self) -> None:
        self._asked = None
        self.is_given = True

    def must_have_come(self) -> None:
        """Raises: _DeafError: it has not."""
        told_at = None if self._asked is None else self._asked.told_at
        if told_at is not None and time.monotonic() > told_at + PROOF_S:
            raise _DeafError


def heard_within_s(timeout_s: float = PROOF_S) -> float | None:
    """How long what is notified takes until it is heard; None: it is not.

    Raises: psycopg.Error: there is no connection, to listen or to notify by.
    """
    channel = wakes.private_channel()
    with direct.listening() as listening, direct.notifying() as notifying:
        listening.listen(channel)
        began_at = time.monotonic()
        notifying.notify(channel, [""])
        return time.monotonic() - began_at if listening.heard(timeout_s) else None
