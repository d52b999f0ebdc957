"""Keeps what each stream was sent: a row for each, written in batches, beside everything else.

No stream waits for it, and none ends by its failures. With the revision under which an item has
arrived it answers later, from the database alone, which streams it was written to.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Q
from django.utils import timezone

from notifications.conf import conf
from notifications.models import transactions
from notifications.models.stream_record import (
    CAUSE_MAX_LENGTH,
    Beginning,
    Progress,
    StreamRecord,
)
from notifications.process import log_limits, outages
from notifications.process.supervisor import OnDemand
from notifications.push.batching import in_thread
from notifications.stream.messages import AGE_SHARES, How, Told
from notifications.stream.outgoing import Outgoing

logger = logging.getLogger(__name__)

# Between two transactions of a process, and the rows of each: on SQLite nobody else writes then.
EVERY_S = 1.0
_MAX_ROWS = 500
# Of those that wait while the database fails, or while more streams come than are written down.
_MAX_WAITING = 50_000
# Ranges that are kept of one stream: beyond that the oldest are given up.
_MAX_SPANS = 16


@dataclass(eq=False, slots=True)
class Entry:
    """One stream, as it is to be kept."""

    connection: str
    inbox_id: int
    transport: str
    # What it is done by; none of a stream that nobody keeps.
    process: str
    since: int | None
    opened_at: datetime = field(default_factory=timezone.now)
    epoch_tag: str = ""
    acknowledged: int = 0
    ended_at: datetime | None = None
    cause: str = ""
    is_kept: bool = False
    # Whether it is about to be written.
    is_waiting: bool = False
    _spans: list[list[Any]] = field(default_factory=list)
    # What it was sent, which knows how far those have come of whom nothing was said here.
    outgoing: Outgoing = field(default_factory=lambda: Outgoing(int))
    # Where the last span has come to, as long as hints alone add to it; a span is written by that
    # when it is looked at, since each delivery adds to one.
    _hinted_to: int | None = None
    # Where the parts begin of which the last was not sent yet, and where they have come to.
    _parts: tuple[int, int] | None = None
    _how: How = How.HINTED

    def tell(self, told: Told, epoch_tag: str) -> None:
        """A frame was written to it."""
        self._settle()
        if epoch_tag != self.epoch_tag:  # revisions mean something else from now on
            self.epoch_tag, self._spans, self._parts = epoch_tag, [], None
            self._hinted_to = None
        since, how = told.since, told.how
        if self._parts is not None and self._parts[1] == since:
            since, how = self._parts[0], self._how
        if not told.is_last:
            self._parts, self._how = (since, told.revision), how
            self._hinted_to = None
            return
        self._parts = None
        self._add(since, told.revision, how, told.arrived)

    def go_on(self, since: int, revision: int, epoch_tag: str) -> bool:
        """A frame with what a hint said was written to it.

        Returns: whether the next such frame does no more than move the end of the last span, so
        that ``outgoing`` may count it. Not so where this one was the last part of another kind.
        """
        self._settle()
        if since == self._hinted_to and epoch_tag == self.epoch_tag:
            self._hinted_to = revision  # as nearly always
        else:
            self.tell(Told(since, revision, How.HINTED), epoch_tag)
        return self._hinted_to is not None

    @property
    def spans(self) -> list[list[Any]]:
        """What it was sent, in the order of that: since, up to, how, and what a snapshot had."""
        self._settle()
        return self._spans

    def _settle(self) -> None:
        """Write down where the last span has come to."""
        if self.outgoing.noted_to is not None:
            self._hinted_to, self.outgoing.noted_to = self.outgoing.noted_to, None
        if self._hinted_to is not None:
            self._spans[-1][1] = self._hinted_to

    def _add(self, since: int, revision: int, how: How, arrived: Sequence[int]) -> None:
        spans = self.spans
        if how is How.SNAPSHOT:
            spans.append([0, revision, how.value, list(arrived)])
        elif spans and spans[-1][1:] == [since, how.value]:
            spans[-1][1] = revision
        else:
            spans.append([since, revision, how.value])
        del spans[:-_MAX_SPANS]
        self._hinted_to = revision if how is How.HINTED else None

    def record(self) -> tuple[Beginning, Progress]:
        """Its row, as of now."""
        whose = (self.inbox_id, self.process, self.transport)
        return Beginning(*whose, self.opened_at, self.since), self.progress()

    def progress(self) -> Progress:
        """What is new of its row, as of now."""
        spans = [list(span) for span in self.spans]
        cause = self.cause[:CAUSE_MAX_LENGTH]
        return Progress(
            self.connection, self.epoch_tag, self.acknowledged, spans, self.ended_at, cause
        )


class Journal:
    """Collects what streams come to, and writes it about once a second. Of one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[Entry, None] = {}
        self._worker = OnDemand("the journal", self._work)

    def changed(self, entry: Entry) -> bool:
        """Something is new of it. It is written later, and never raises.

        Returns: whether what else is new before that need not be told: who waits already is written
        as it is by then, and where nothing is kept nobody is.
        """
        if entry.is_waiting or not conf.STREAM_RETENTION_H:
            return True
        if len(self._waiting) >= _MAX_WAITING:
            log_limits.once_a_minute(
                logger, logging.WARNING, "journal full",
                "More streams come and go than can be written down; traces will lack some.",
            )  # fmt: skip
            return False
        self._waiting[entry] = None
        entry.is_waiting = True
        self._worker.wake()
        return True

    async def flush(self) -> None:
        """Write what waits, once; for a process that is about to end."""
        while self._waiting:
            if not await self._write_some():
                return

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(EVERY_S)
            await self._write_some()

    async def _write_some(self) -> bool:
        """Whether it could be done."""
        batch = list(self._waiting)[:_MAX_ROWS]
        for entry in batch:
            del self._waiting[entry]
            entry.is_waiting = False
        new = [entry for entry in batch if not entry.is_kept]
        known = [entry.progress() for entry in batch if entry.is_kept]
        try:
            await in_thread(write, [entry.record() for entry in new], known)
        except Exception as error:  # noqa: BLE001 (a database may raise anything)
            # Those that change meanwhile stand there already.
            self._waiting = dict.fromkeys([*batch, *self._waiting])
            for entry in batch:
                entry.is_waiting = True
            outages.tell(logger, error, "Streams could not be written down")
            return False
        for entry in new:
            entry.is_kept = True
        return True


def write(new: Sequence[tuple[Beginning, Progress]], known: Sequence[Progress]) -> None:
    """Insert these, and write what those have come to.

    Raises: DatabaseError
    """
    with transactions.atomic():
        now = timezone.now()
        if new:
            StreamRecord.objects.begin(new, now)
        if known:
            StreamRecord.objects.renew(known, now)


def forget_old(most: int = 1000) -> int:
    """Delete up to ``most`` streams that are old, or are more than the table may have."""
    # In the order of keys, which is nearly that of time and needs no other index. Looked at first:
    # on SQLite a deletion of nothing waits for the write lock, too.
    # By the database: nearly always there is none, and to bring them here would be most of it.
    oldest = StreamRecord.objects.order_by("pk").values("pk")[:most]
    last: int = StreamRecord.objects.aggregate(last=Max("pk"))["last"] or 0
    is_old = Q(opened_at__lt=timezone.now() - _age()) | Q(pk__lte=last - conf.STREAMS_KEPT_MAX)
    pks = list(StreamRecord.objects.filter(is_old, pk__in=oldest).values_list("pk", flat=True))
    return StreamRecord.objects.filter(pk__among=pks).delete()[0] if pks else 0


def left_over() -> int:
    """How many streams a dispatcher should have forgotten an hour ago."""
    since = timezone.now() - _age() - timedelta(hours=1)
    return StreamRecord.objects.filter(opened_at__lt=since).count()


def _age() -> timedelta:
    # As long as a stream may be open its row is not old.
    open_s = conf.CONNECTION_AGE_S * AGE_SHARES[1]
    return timedelta(hours=conf.STREAM_RETENTION_H, seconds=open_s)
