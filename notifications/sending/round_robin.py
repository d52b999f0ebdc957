"""Jobs that are under way beside each other: a chunk each in turn, so that none waits for another.

A process may be on a few large sends, edits and removals at once, and takes up what has just come
between any two of their chunks: who sends to a hundred people does not wait for who sends to a
hundred thousand.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from threading import Event
from typing import Any, NamedTuple, TypeAlias

from django.db import (
    connection,
)

from notifications.models import transactions
from notifications.process import supervisor
from notifications.sending.failures import FIRST_REST_S, Failed, is_of_all, is_of_database
from notifications.sending.jobs import ChunkedJob, pause

logger = logging.getLogger(__name__)

# Rows of one kind that one look finds; the next finds those that are then left.
_MAX_ROWS = 1000
# While so many of a kind wait to begin, it is not looked for more, which would wait behind them.
_ENOUGH = 200
# Rows that are tried in one go where a kind can be done together.
_MAX_TOGETHER = 100
# Leases that a process holds at a time. Beyond them a job is let go after each chunk.
_MAX_LEASES = 8
# Seconds for which jobs may begin in one transaction of SQLite: so long others wait to write.
_BEGIN_S = 0.05


class Left(NamedTuple):
    """What is left to do of rows that were to be done together.

    ``alone``: needs a job of its own. ``later``: there was no room for it in the transaction.
    """

    alone: Collection[int]
    later: Collection[int]


# Does what is small of these rows in one transaction. What it neither does nor leaves is somebody
# else's, or has ended.
Together: TypeAlias = Callable[[Sequence[int]], Left]


class Rounds:
    """The jobs that one process does. Belongs to one thread."""

    def __init__(
        self, kinds: Sequence[type[ChunkedJob]], together: Mapping[type[ChunkedJob], Together]
    ) -> None:
        # Two lines for each kind: those that have not begun, of which most end with their first
        # chunk, and those under way. The lines take turns, so no kind and no flood of new ones
        # keeps the others from going on.
        self._lines: deque[deque[ChunkedJob]] = deque()
        self._new: dict[type[ChunkedJob], deque[ChunkedJob]] = {kind: deque() for kind in kinds}
        self._going: dict[type[ChunkedJob], deque[ChunkedJob]] = {kind: deque() for kind in kinds}
        # Of those that can be done together, a third: what must begin by itself keeps out of the
        # way of the others.
        self._together = together
        self._alone: dict[type[ChunkedJob], deque[ChunkedJob]] = {
            kind: deque() for kind in together
        }
        for kind in kinds:
            self._lines += (self._new[kind], self._going[kind])
        self._lines += self._alone.values()
        self._held = 0
        self._failed: Failed[tuple[type[ChunkedJob], int]] = Failed()

    def look(self) -> None:
        """Line up what nobody is on.

        Raises: DatabaseError
        """
        resting = self._failed.resting()
        for kind, new in self._new.items():
            if len(new) >= _ENOUGH:
                continue
            alone = self._alone.get(kind, new)
            known = {job.pk for line in (new, self._going[kind], alone) for job in line}
            known |= {pk for failed, pk in resting if failed is kind}
            free = kind.unclaimed()
            if known:
                free = free.exclude(pk__among=sorted(known))
            # Sorted here: for an ORDER BY, SQLite would job over the whole table by its key.
            for pk in sorted(free.values_list("pk", flat=True)[:_MAX_ROWS]):
                line = alone if self._failed.has_failed((kind, pk)) else new
                line.append(kind(pk))

    def turn(self, stop: Event) -> bool:
        """Do one chunk of the job whose turn it is, or several that are small.

        Returns: whether there was one.
        """
        for _ in range(len(self._lines)):
            line = self._lines[0]
            self._lines.rotate(-1)
            if not line:
                continue
            started = time.monotonic()
            if line[0].is_claimed:
                self._go_on(line.popleft(), stop)
            elif self._is_done_together(line):
                self._begin_together(line, stop)
            else:
                self._begin_some(line, stop)
            pause(time.monotonic() - started, stop)
            return True
        return False

    def let_go(self) -> None:
        """Leave all jobs to others, who may go on at once."""
        for line in self._lines:
            for job in line:
                if job.is_claimed:
                    job.release()
            line.clear()
        self._held = 0

    def _is_done_together(self, line: deque[ChunkedJob]) -> bool:
        return len(line) > 1 and any(line is self._new[kind] for kind in self._together)

    def _begin_together(self, line: deque[ChunkedJob], stop: Event) -> None:
        """Do what is small at the head of a line; what is not begins by itself."""
        kind = type(line[0])
        jobs = [line.popleft() for _ in range(min(len(line), _MAX_TOGETHER))]
        try:
            alone, later = self._together[kind]([job.pk for job in jobs])
        except Exception as error:  # noqa: BLE001 (whatever it is, the others must go on)
            # Nothing of it is done. By itself each is done, but for the one that is the reason.
            self._alone[kind].extend(jobs)
            self._tell(f"{kind.__name__} of {len(jobs)} together", "this try", error, stop)
            return
        self._alone[kind].extend(job for job in jobs if job.pk in alone)
        line.extendleft(job for job in reversed(jobs) if job.pk in later)

    def _begin_some(self, line: deque[ChunkedJob], stop: Event) -> None:
        """Begin the first of a line, and on SQLite those behind it, in one transaction.

        A savepoint keeps apart those that fail by themselves.
        """
        tried: list[ChunkedJob] = []
        begun: list[ChunkedJob] = []
        failed: list[tuple[ChunkedJob, Exception]] = []
        try:
            with _shared_transaction():
                until = time.monotonic() + _BEGIN_S
                while self._may_be_next(line, tried, until):
                    job = line.popleft()
                    tried.append(job)
                    try:
                        if job.begin():
                            begun.append(job)
                    except Exception as error:
                        if is_of_all(error):
                            raise
                        failed.append((job, error))
        except Exception as error:  # noqa: BLE001 (whatever it is, the others must go on)
            # Nothing of it is done. The last is tried again alone, for it may be the reason.
            *others, last = tried or [line.popleft()]
            line.extendleft(type(job)(job.pk) for job in reversed(others))
            self._give_up(last, error, stop)
            return
        for job in begun:
            self._failed.forgive((type(job), job.pk))
            if not job.is_done:
                self._held += 1
                self._line_up(job)
        for job, its_own in failed:
            self._give_up(job, its_own, stop)

    def _may_be_next(self, line: deque[ChunkedJob], tried: list[ChunkedJob], until: float) -> bool:
        """Whether the first of the line may begin in the transaction in which these did."""
        if not tried or not line:
            return bool(line)
        if connection.vendor != "sqlite" or time.monotonic() >= until:
            return False
        last, following = tried[-1], line[0]
        if last.is_claimed and not last.is_done:
            return False  # a large one has taken its time
        suspects = [self._failed.is_suspect((type(job), job.pk)) for job in (last, following)]
        return not (any(suspects) or following.is_claimed)

    def _go_on(self, job: ChunkedJob, stop: Event) -> None:
        try:
            goes_on = job.step() and not job.is_done
        except Exception as error:  # noqa: BLE001 (whatever it is, the others must go on)
            self._held -= 1
            self._give_up(job, error, stop)
            return
        self._failed.forgive((type(job), job.pk))
        if goes_on:
            self._line_up(job)
        else:
            self._held -= 1

    def _line_up(self, job: ChunkedJob) -> None:
        if self._held > _MAX_LEASES:
            # It lines up anew, behind those that nobody holds either.
            job.release()
            self._held -= 1
        self._going[type(job)].append(job)

    def _give_up(self, job: ChunkedJob, error: Exception, stop: Event) -> None:
        """Leave a job alone for a while; it is tried again here, or by somebody else."""
        count = self._failed.add((type(job), job.pk), error)
        self._tell(f"{type(job).__name__} {job.pk}", f"try {count}", error, stop)
        if job.is_claimed or is_of_database(error):
            job.release()

    @staticmethod
    def _tell(name: str, what: str, error: Exception, stop: Event) -> None:
        """Say that this failed, and rest where everything may have failed."""
        if not is_of_database(error):
            logger.error("%s cannot go on; %s failed: %r", name, what, error)
            supervisor.report("dispatcher", error)
        elif connection.in_atomic_block:
            raise error  # the transaction around us is broken; only its owner can begin anew
        else:
            logger.warning("%s: %s failed: %s", name, what, str(error).strip())
            if is_of_all(error):
                connection.close()
                stop.wait(FIRST_REST_S)


def _shared_transaction() -> AbstractContextManager[Any]:
    # On SQLite each commit waits for the disk, and others for the pause that comes with it. On
    # PostgreSQL others wait for single rows, so jobs lock theirs each for itself.
    return transactions.atomic() if connection.vendor == "sqlite" else nullcontext()
