"""Runs what is due: the jobs that nobody is on, what was scheduled, what has expired, and what was
snoozed until now.

Any number of processes may do so at once; leases and fences keep them out of each other's way.
One process does a little of everything in turn, what falls due first: nothing that is large, and
nothing that fails, keeps the rest waiting.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db import (
    DatabaseError,
    InterfaceError,
    close_old_connections,
    connection,
)
from django.utils import timezone
from django.utils.module_loading import import_string

from notifications.conf import conf
from notifications.inbox import stats
from notifications.models import Notification, Status
from notifications.process import outages, supervisor
from notifications.sending import acts, due, small_sends
from notifications.sending.dispatch import Dispatch
from notifications.sending.failures import Failed, is_of_all
from notifications.sending.item_jobs import EditJob, RemovalJob
from notifications.sending.jobs import pause
from notifications.sending.round_robin import Rounds
from notifications.sending.start import nudged
from notifications.sending.waking import Waking

logger = logging.getLogger(__name__)

# Between two looks at what is due, while there is something to do; else the setting says.
_LOOK_EVERY_S = 0.2
# Between two times that what senders are shown is added up.
_FIGURES_EVERY_S = 2.0
# Between two looks for what has expired: nobody waits until that is deleted.
_HOUSEKEEPING_EVERY_S = 10.0
# Figures and housekeeping, of which more is left, rest so many times as long as a little took.
_RESTS = 4
# Rows that one look asks for to begin or end, and the seconds that it gives to each of the two: a
# thousand that are due at the same moment must not keep the rest waiting.
_MAX_DUE = 1000
_EACH_S = 0.05


class Dispatcher:
    """What one process does of all that is due. Belongs to one thread."""

    def __init__(self) -> None:
        self._rounds = Rounds(
            (Dispatch, EditJob, RemovalJob), {Dispatch: small_sends.send_together}
        )
        self._failed: Failed[tuple[str, int]] = Failed()
        self._waking = Waking()
        self._chores = [
            _Chore("Waking what was snoozed", self._wake, conf.DISPATCH_SCAN_S),
            _Chore("Adding up figures", stats.roll_up_some, _FIGURES_EVERY_S),
        ]
        self._chores += (
            _Chore(path, import_string(path), _HOUSEKEEPING_EVERY_S) for path in conf.HOUSEKEEPING
        )
        self._look_at = float("-inf")

    def turn(self, stop: threading.Event) -> float:
        """Do a little of all that is due. Returns: the seconds for which there is no more to do."""
        now = time.monotonic()
        if nudged.is_set() or now >= self._look_at:
            nudged.clear()
            self._look_at = now + min(_LOOK_EVERY_S, conf.DISPATCH_SCAN_S)
            is_more = _guarded("Looking for what is due", lambda: due.is_work() and self.look())
            if is_more is None:
                # Maybe there is no database: nothing else would get on either.
                return conf.DISPATCH_SCAN_S
            if is_more:
                self._look_at = now
        is_busy = self._rounds.turn(stop)
        # One of them at a time: the jobs come between.
        if late := [chore for chore in self._chores if chore.at <= time.monotonic()]:
            _guarded(late[0].name, lambda: late[0].do(stop))
        if is_busy or self._look_at <= now:
            return 0
        next_at = min(chore.at for chore in self._chores)
        return min(conf.DISPATCH_SCAN_S, max(0, next_at - time.monotonic()))

    def run_due(self, stop: threading.Event) -> None:
        """Do all that is due now, but for the figures."""
        is_more = self.look()
        while not stop.is_set() and (self._rounds.turn(stop) or is_more):
            is_more = is_more and self.look()
        self._rounds.let_go()
        while not stop.is_set() and self._waking.some():
            pass
        for chore in self._chores[2:]:
            chore.do(stop)

    def look(self) -> bool:
        """Begin what was scheduled for now, end what has expired, and see what there is to do.

        Returns: whether more is due than this look had time for.
        Raises: DatabaseError
        """
        now = timezone.now()
        # Looked at before anything is written: on SQLite an update that changes no row still waits
        # for the write lock.
        scheduled = Notification.objects.filter(status=Status.SCHEDULED, send_at__lte=now)
        is_more = self._each("begin", acts.begin, scheduled)
        # Whatever its status: with one in the question, SQLite would take the index of statuses.
        expired = Notification.objects.filter(expires_at__lte=now, expired_at=None)
        is_more |= self._each("expire", acts.expire, expired)
        self._rounds.look()
        return is_more

    def let_go(self) -> None:
        """Leave all that is under way to others."""
        self._rounds.let_go()

    def _wake(self) -> int:
        return self._waking.some() if due.is_asleep() else 0

    def _each(self, name: str, act: Callable[[int], Any], rows: Any) -> bool:
        """Do that to each of these notifications; one where it fails is left alone for a while.

        Returns: whether the time was over before all had their turn.
        """
        if resting := [pk for failed, pk in self._failed.resting() if failed == name]:
            rows = rows.exclude(pk__among=resting)
        pks = list(rows.values_list("pk", flat=True)[:_MAX_DUE])
        until = time.monotonic() + _EACH_S
        for done, pk in enumerate(pks):
            if done and time.monotonic() >= until:
                return True
            try:
                act(pk)
            except Exception as error:
                if connection.in_atomic_block or is_of_all(error):
                    raise
                self._failed.add((name, pk), error)
                logger.error("Notification %s could not %s: %r", pk, name, error)  # noqa: TRY400
        return len(pks) == _MAX_DUE


class _Chore:
    """What is done now and then, a little at a time."""

    def __init__(self, name: str, act: Callable[[], Any], every_s: float) -> None:
        """Args: act: returns how much it has done; when nothing is left, 0."""
        self.name = name
        # When it is due (monotonic seconds).
        self.at = float("-inf")
        self._act = act
        self._every_s = every_s

    def do(self, stop: threading.Event) -> None:
        """Do a little of it."""
        started = time.monotonic()
        self.at = started + self._every_s
        if not self._act():
            return
        pause(time.monotonic() - started, stop)
        # There may be more of it, which must not take the time of what is due.
        now = time.monotonic()
        self.at = now + _RESTS * (now - started)


def run(stop: threading.Event) -> None:
    """Dispatch whatever falls due until ``stop`` is set. Outlives a database that fails."""
    dispatcher = Dispatcher()
    while not stop.is_set():
        rest_s = _guarded("The dispatcher", lambda: dispatcher.turn(stop))
        if rest_s == 0:
            continue
        _guarded("Ending what is idle", close_old_connections)
        nudged.wait(conf.DISPATCH_SCAN_S if rest_s is None else rest_s)
    _guarded("The end of the dispatcher", dispatcher.let_go)
    _guarded("The end of the dispatcher", connection.close)


def run_due(stop: threading.Event | None = None) -> None:
    """Do all that is due now but add up figures, and return."""
    Dispatcher().run_due(stop or threading.Event())


def start_thread() -> None:
    """Run a dispatcher beside the server in this process, until the process ends."""
    stop = threading.Event()
    supervisor.keep_thread("dispatcher", lambda: run(stop))


def _guarded(what: str, work: Callable[[], Any]) -> Any:
    """What ``work`` returns; None where it failed, which must keep nothing else from going on."""
    try:
        return work()
    except (DatabaseError, InterfaceError) as error:
        outages.tell(logger, error, f"{what} failed")
        with suppress(Exception):  # what cannot be closed is replaced all the same
            connection.close()
    except Exception as error:  # noqa: BLE001 (a bug in one of these must not end the others)
        supervisor.report("dispatcher", error)
    return None
