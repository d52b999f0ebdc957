"""Which streams of an inbox an item was written to, by what was kept of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.conf import conf
from notifications.models import InboxItem, Process, StreamRecord
from notifications.models.epoch import present_tag
from notifications.stream.messages import AGE_SHARES, How

# Streams that are told of.
MOST = 50
# How long one may be open, of what the setting says: whose time is over takes a while to go.
_OPEN_SHARE = 1.2 * AGE_SHARES[1]
# The cause of an end that nobody has written down.
PROCESS_GONE = "process_gone"


class Outcome(StrEnum):
    """What became of an item on a stream."""

    WRITTEN = "written"
    # The client has said that it holds it, when it came.
    HELD = "held"
    NOT_WRITTEN = "not_written"
    # It was removed within what the stream was sent in one: maybe before, maybe after.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TracedStream:
    """One stream, as far as it concerns an item."""

    connection: str
    transport: str
    process: str
    opened_at: datetime
    ended_at: datetime | None
    cause: str
    outcome: Outcome
    # By what it came there: a word of ``How``.
    how: str | None
    # Whether the client has said, on this stream, that it holds it.
    acknowledged: bool

    @property
    def sentence(self) -> str:
        """What there is to say of the item on it."""
        if self.acknowledged:
            return _("Written and acknowledged (%(how)s).") % {"how": self.how}
        match self.outcome:
            case Outcome.WRITTEN:
                return _("Written (%(how)s), not acknowledged.") % {"how": self.how}
            case Outcome.HELD:
                return _("The client had it when it came, by its own word.")
            case Outcome.UNKNOWN:
                return _("Removed within what was sent: before or after is not known.")
        return _("Not written.")


def of_item(item: InboxItem) -> list[TracedStream]:
    """Those that were open when it arrived and the first that came later, in their order."""
    records = StreamRecord.objects.filter(inbox=item.inbox_id)
    # None that began before can have been open still.
    oldest = item.arrived_at - timedelta(seconds=_OPEN_SHARE * conf.CONNECTION_AGE_S)
    kept = _ended(records.filter(opened_at__gte=oldest).order_by("opened_at", "pk")[:MOST])
    tag = present_tag() or ""
    return [_traced(record, item, tag) for record in kept if _end(record) >= item.arrived_at]


def offline_since(item: InboxItem) -> datetime | None:
    """When the last stream has ended that was open before it arrived, if any is known."""
    before = StreamRecord.objects.filter(inbox=item.inbox_id, opened_at__lt=item.arrived_at)
    ends = [_end(record) for record in _ended(before.order_by("-opened_at", "-pk")[:MOST])]
    return max((end for end in ends if end < item.arrived_at), default=None)


def _ended(records: Iterable[StreamRecord]) -> list[StreamRecord]:
    """These records; a process that was killed has ended its streams, and could not say so."""
    known = list(records)
    if any(record.ended_at is None for record in known):
        live = set(Process.objects.live().values_list("pk", flat=True))
        for record in known:
            if record.ended_at is None and record.process not in live:
                # As far as anybody knows: it was written down then for the last time.
                record.ended_at, record.cause = record.told_at, PROCESS_GONE
    return known


def _end(record: StreamRecord) -> datetime:
    return record.ended_at or timezone.now()


def _traced(record: StreamRecord, item: InboxItem, tag: str) -> TracedStream:
    outcome, how = Outcome.NOT_WRITTEN, None
    if record.epoch_tag == tag:  # else its revisions are those of another life of the database
        outcome, how = _outcome(record.spans, item)
    if outcome is Outcome.NOT_WRITTEN and _came_with_it(record, item, tag):
        outcome = Outcome.HELD
    return TracedStream(
        connection=record.connection,
        transport=record.transport,
        process=record.process,
        opened_at=record.opened_at,
        ended_at=record.ended_at,
        cause=record.cause,
        outcome=outcome,
        how=how,
        acknowledged=outcome is Outcome.WRITTEN and record.acknowledged >= item.arrived_revision,
    )


def _outcome(spans: Sequence[Sequence[Any]], item: InboxItem) -> tuple[Outcome, str | None]:
    is_unknown = False
    for since, upto, how, *arrived in spans:
        if how == How.SNAPSHOT:
            if item.arrived_revision in arrived[0]:
                return Outcome.WRITTEN, how
        elif since < item.arrived_revision <= upto:
            # Of what was removed by then the stream was told that alone.
            if item.removed_at is None or item.revision > upto:
                return Outcome.WRITTEN, how
            is_unknown = True
    return (Outcome.UNKNOWN if is_unknown else Outcome.NOT_WRITTEN), None


def _came_with_it(record: StreamRecord, item: InboxItem, tag: str) -> bool:
    """Whether the client's cursor was at or behind its arrival, and was believed."""
    if record.since is None or record.since < item.arrived_revision:
        return False
    if record.opened_at < item.arrived_at:
        return False
    if not record.spans:  # it was up to date, and nothing has come since
        return True
    first = record.spans[0]
    return record.epoch_tag == tag and first[2] != How.SNAPSHOT and first[0] >= record.since
