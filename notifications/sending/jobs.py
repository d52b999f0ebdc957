"""Work over many inboxes, chunk by chunk, that survives the death of whoever does it.

A job goes through inboxes in the order of their ids. Each chunk is one transaction that first
moves the job's cursor under a condition (the fence): who lost the lease, or was overtaken by an
edit of the status, matches no row and stops. So a chunk is done once, whoever does it, and the
cursor and the chunk's effects commit together.
"""

from __future__ import annotations

import logging
import time
import uuid
from abc import ABC, abstractmethod
from threading import Event
from typing import Any, ClassVar

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from notifications.conf import conf
from notifications.models import Leased, from_now, transactions
from notifications.process import metrics

logger = logging.getLogger(__name__)

_ATTEMPTS = 6
_FIRST_RETRY_S = 0.05


class ChunkedJob(ABC):
    """One row's job, from its cursor to its end. A job object is run once, by one thread."""

    model: ClassVar[type[Leased]]
    # What holds of the row as long as there is something to do.
    unfinished: ClassVar[Q]

    def __init__(self, pk: int) -> None:
        self.pk = pk
        self._lease = uuid.uuid4().hex
        self._cursor = 0
        self._upto = 0
        # As it was when the job began.
        self.row: Any = None
        # Whether the lease was ours when we last looked.
        self.is_claimed = False

    @classmethod
    def unclaimed(cls) -> QuerySet[Any]:
        """Rows whose job nobody is on, by the database's clock."""
        # A lease that ends later than any can, given now, was given before the clock was set back:
        # whoever holds it renews it with the next chunk, or has died.
        lease_s = conf.DISPATCH_LEASE_S
        is_over = Q(lease_until__lt=Now()) | Q(lease_until__gt=from_now(2 * lease_s))
        free = Q(lease_until=None) | is_over
        return cls.model._default_manager.filter(cls.unfinished & free)

    @abstractmethod
    def finished(self) -> dict[str, Any]:
        """What the row says once the last chunk is done."""

    @abstractmethod
    def accept(self) -> dict[str, Any]:
        """What a row that does not say where the job ends is to say of it: ``upto``, as of now."""

    @abstractmethod
    def chunk_end(self, after: int, upto: int, size: int) -> int:
        """The id that ends the next ``size`` inboxes after ``after``; ``upto`` on the last."""

    @abstractmethod
    def chunk(self, after: int, upto: int) -> None:
        """Do the inboxes with ``after < id <= upto``, in the transaction that is open."""

    def run(self, stop: Event | None = None) -> bool:
        """Work to the end.

        Args: stop: when set, the job ends after the chunk it is in, and others may go on at once.
        Returns: whether the end was reached. If not, somebody else is on it, it was stopped or
            overtaken, or the database failed again and again: the due scan finds what is left.
        """
        stop = stop or Event()
        go_on = self.begin
        while True:
            started = time.monotonic()
            if not self._retried(go_on, stop):
                return False
            if self.is_done:
                return True
            go_on = self.step
            pause(time.monotonic() - started, stop)
            if stop.is_set():
                self.release()
                return False

    @property
    def is_done(self) -> bool:
        """Whether the last chunk that was done was the last of all."""
        return self._cursor >= self._upto

    def begin(self) -> bool:
        """Take the lease and do the next chunk, in one transaction: most jobs have no other.

        Returns: whether it is ours; if not, somebody else is on it, or it has ended.
        Raises: DatabaseError: nothing was done, or it is ours; begin it again.
        """
        row = self.model._default_manager.filter(self.unfinished, pk=self.pk).first()
        if row is None:
            return False
        self.row, at = row, {"cursor": row.cursor, "upto": row.upto}
        accepted = self.accept() if row.upto is None else {}
        upto: int = accepted["upto"] if row.upto is None else row.upto
        self._cursor, self._upto = row.cursor, upto
        end = self._next_end()
        with metrics.timed(metrics.dispatch_chunk), transactions.atomic():
            # Where it stood when that was read is a condition, as is that nobody else is on it.
            if not self._take(self._free().filter(pk=self.pk, **at), end, accepted):
                return False
            self.chunk(self._cursor, end)
        self._cursor = end
        self.is_claimed = True
        return True

    def _free(self) -> QuerySet[Any]:
        # A retry after a lost connection may find its own first try committed, and goes on there.
        ours = self.model._default_manager.filter(self.unfinished, lease=self._lease)
        return self.unclaimed() | ours

    def _take(self, free: QuerySet[Any], end: int, accepted: dict[str, Any]) -> bool:
        if connection.features.has_select_for_update_skip_locked:
            # Not waited for: who is frozen amid a chunk keeps the row's lock as long as that lasts.
            locked = free.select_for_update(skip_locked=True, no_key=True)
            if not locked.values_list("pk", flat=True):
                return False
        taken: int = free.update(lease=self._lease, **accepted, **self._moved(end))
        return taken == 1

    def step(self) -> bool:
        """Do the next chunk; call it on a job that has begun and is not done.

        Returns: whether that went well; if not, the lease was lost, and the job is another's.
        Raises: DatabaseError: nothing was done; do it again.
        """
        end = self._next_end()
        with metrics.timed(metrics.dispatch_chunk), transactions.atomic():
            if not self._fence(end):
                return False
            self.chunk(self._cursor, end)
        self._cursor = end
        return True

    def _next_end(self) -> int:
        size = conf.DISPATCH_CHUNK_SIZE
        return self.chunk_end(self._cursor, self._upto, size)

    def _fence(self, end: int) -> bool:
        moved = self._mine().filter(cursor=self._cursor).update(**self._moved(end))
        return moved == 1

    def _moved(self, end: int) -> dict[str, Any]:
        done = self.finished() if end >= self._upto else {}
        return {"cursor": end, "lease_until": self._lease_end(), **done}

    def _retried(self, step: Any, stop: Event) -> bool:
        """Run ``step`` until the database lets it; a step that failed has left nothing behind."""
        wait = _FIRST_RETRY_S
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return bool(step())
            except (DatabaseError, InterfaceError) as error:
                metrics.dispatch_failures.inc()
                logger.warning(
                    "%s %s: try %s of %s failed: %s",
                    type(self).__name__, self.pk, attempt, _ATTEMPTS, str(error).strip(),
                )  # fmt: skip
                if connection.in_atomic_block:
                    raise  # the transaction around us is broken; only its owner can begin anew
                connection.close()
            if stop.wait(wait):
                return False
            wait *= 2
        return False

    def release(self) -> None:
        """Let others go on at once; where that fails they wait for the lease to end."""
        self.is_claimed = False
        try:
            self._mine().update(lease_until=None)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("%s %s keeps its lease: %s", type(self).__name__, self.pk, error)

    def _mine(self) -> QuerySet[Any]:
        return self.model._default_manager.filter(self.unfinished, pk=self.pk, lease=self._lease)

    @staticmethod
    def _lease_end() -> Any:
        return from_now(conf.DISPATCH_LEASE_S)


def pause(own_s: float, stop: Event) -> None:
    """Let others write, after a transaction that took so many seconds."""
    if connection.vendor == "sqlite":
        # One writer at a time, and those who wait sleep in growing steps: without a pause as long
        # as the chunk they would starve for seconds.
        stop.wait(max(conf.DISPATCH_PAUSE_MS / 1000, own_s))
