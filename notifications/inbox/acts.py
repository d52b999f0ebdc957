"""A recipient's acts on their inbox. Each call is one change: one revision, or none.

What an act does to the counters follows from the rows themselves: they are counted before and
after, under the inbox's lock, so the transition table of the protocol holds by construction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.db import transaction
from django.db.models import Case, Count, Expression, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from notifications.inbox import stats
from notifications.inbox.reading import EpochMismatch
from notifications.models import Epoch, Inbox, InboxItem, transactions
from notifications.models.inbox import LISTED, InboxItemQuerySet
from notifications.process import metrics
from notifications.wire import contract, opaque_ids

_STEPS = ("delivered", "seen", "read")


class TooManyIds(ValueError):
    """More ids than one act takes; no row was touched."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} ids; one call takes at most {contract.IDS_MAX_COUNT}.")


@dataclass(frozen=True)
class Chosen:
    """The notifications with these primary keys; unknown ones and somebody else's are skipped."""

    ids: Collection[int]

    def __post_init__(self) -> None:
        if len(self.ids) > contract.IDS_MAX_COUNT:
            raise TooManyIds(len(self.ids))


@dataclass(frozen=True)
class AllUpTo:
    """What is listed and arrived no later than ``revision``: later arrivals are not swallowed."""

    epoch: str
    revision: int


@dataclass(frozen=True)
class ChangedIn:
    """What that change of the inbox was the last to change: by this an act is taken back.

    What has changed again since then is left as it is. ``revision``: None where there was none.
    """

    revision: int | None


class BadUntil(ValueError):
    """A snooze cannot end then."""

    def __init__(self) -> None:
        super().__init__("A snooze ends at least 3 minutes and at most a year from now.")


Which: TypeAlias = Chosen | AllUpTo | ChangedIn


@dataclass(frozen=True)
class Result:
    """The inbox after an act. ``changed`` counts the notifications that the act changed."""

    revision: int
    changed: int
    unread: int
    unseen: int


@dataclass(frozen=True)
class _Change:
    """An act: which present items it finds something to do at, and what it sets there."""

    pending: Callable[[InboxItemQuerySet], InboxItemQuerySet]
    values: Callable[[datetime], Mapping[str, Any]]
    # The same among listed items only, said so that an index answers it.
    pending_listed: Callable[[InboxItemQuerySet], InboxItemQuerySet] | None = None
    # What each item that it changed adds to the sender's figures, where they tell of it.
    stats: Callable[[datetime], Mapping[str, Expression]] | None = None


def _or(field: str, now: datetime) -> Coalesce:
    # Reading implies seeing, and seeing delivery. It is written, and not left to whoever counts,
    # so that one column tells it.
    return Coalesce(field, Value(now))


def _if_set(field: str, now: datetime) -> Expression:
    # Told by the moment, since a receipt may have set it between two statements of the act.
    return Case(When(**{field: now}, then=1), default=0)


_SEEN = _Change(
    pending=lambda items: items.filter(seen_at=None),
    pending_listed=lambda items: items.unseen(),
    values=lambda now: {"seen_at": now, "delivered_at": _or("delivered_at", now)},
    stats=lambda now: {"delivered": _if_set("delivered_at", now), "seen": Value(1)},
)
_READ = _Change(
    pending=lambda items: items.filter(read_at=None),
    pending_listed=lambda items: items.unread(),
    values=lambda now: {
        "read_at": now,
        "seen_at": _or("seen_at", now),
        "delivered_at": _or("delivered_at", now),
    },
    stats=lambda now: {
        "delivered": _if_set("delivered_at", now),
        "seen": _if_set("seen_at", now),
        "read": Value(1),
    },
)
_UNREAD = _Change(
    pending=lambda items: items.filter(read_at__isnull=False),
    values=lambda _now: {"read_at": None},
    stats=lambda _now: {"read": Value(-1)},
)
_ARCHIVE = _Change(
    pending=lambda items: items.filter(archived_at=None),
    pending_listed=lambda items: items.listed(),
    values=lambda now: {"archived_at": now, "snoozed_until": None},
)
_RESTORE = _Change(
    pending=lambda items: items.filter(
        Q(archived_at__isnull=False) | Q(snoozed_until__isnull=False)
    ),
    values=lambda _now: {"archived_at": None, "snoozed_until": None},
)
_SAVE = _Change(
    pending=lambda items: items.filter(saved_at=None),
    values=lambda now: {"saved_at": now},
)
_UNSAVE = _Change(
    pending=lambda items: items.filter(saved_at__isnull=False),
    values=lambda _now: {"saved_at": None},
)


def mark_seen(recipient_id: Any, which: Which) -> Result:
    """Mark notifications seen; those already seen are skipped.

    Raises: EpochMismatch: ``which`` comes from another epoch.
    """
    return _perform(_SEEN, recipient_id, which)


def mark_read(recipient_id: Any, which: Which) -> Result:
    """Mark notifications read, and seen; those already read are skipped.

    Raises: EpochMismatch: ``which`` comes from another epoch.
    """
    return _perform(_READ, recipient_id, which)


def mark_unread(recipient_id: Any, which: Chosen | ChangedIn) -> Result:
    """Mark notifications unread; they stay seen."""
    return _perform(_UNREAD, recipient_id, which)


def archive(recipient_id: Any, which: Which) -> Result:
    """Take notifications out of the list, read or not.

    Raises: EpochMismatch: ``which`` comes from another epoch.
    """
    return _perform(_ARCHIVE, recipient_id, which)


def restore(recipient_id: Any, which: Chosen | ChangedIn) -> Result:
    """Put archived and snoozed notifications back, as read and as seen as they were."""
    return _perform(_RESTORE, recipient_id, which)


def snooze(recipient_id: Any, which: Chosen | ChangedIn, until: datetime) -> Result:
    """Take notifications out of the list until a moment; archived ones are skipped.

    Raises: BadUntil: it is too soon, or too far away.
    """
    least, most = contract.SNOOZE_MIN_S, contract.SNOOZE_MAX_S
    if not least <= (until - timezone.now()).total_seconds() <= most:
        raise BadUntil
    change = _Change(
        pending=lambda items: items.filter(archived_at=None).exclude(snoozed_until=until),
        values=lambda _now: {"snoozed_until": until},
    )
    return _perform(change, recipient_id, which)


def earliest_snooze(until: datetime) -> datetime:
    """That moment, or the first one at which a snooze that begins now can end."""
    # With a little room for the way there.
    return max(until, timezone.now() + timedelta(seconds=contract.SNOOZE_MIN_S + 5))


def save(recipient_id: Any, which: Chosen | ChangedIn) -> Result:
    """Keep notifications at hand, whether they are listed or not."""
    return _perform(_SAVE, recipient_id, which)


def unsave(recipient_id: Any, which: Chosen | ChangedIn) -> Result:
    """Let saved notifications be like all others."""
    return _perform(_UNSAVE, recipient_id, which)


# What needs nothing but which notifications, by its name on the wire and in forms.
BY_OP: Mapping[str, Callable[[Any, Any], Result]] = {
    "seen": mark_seen,
    "read": mark_read,
    "unread": mark_unread,
    "archive": archive,
    "restore": restore,
    "save": save,
    "unsave": unsave,
}


@transactions.atomic()
def _perform(change: _Change, recipient_id: Any, which: Which) -> Result:
    inbox = Inbox.lock(recipient_id)
    items = _pending(change, inbox, which)
    before = _Counts.of(items)
    if before.rows:
        revision = inbox.revision + 1
        now = timezone.now()
        items.update(revision=revision, **change.values(now))
        changed = InboxItem.objects.filter(inbox=inbox, revision=revision)
        after = _Counts.of(changed, now)
        if change.stats is not None:
            stats.act(changed, change.stats(now))
            _count_on_commit(after.steps)
        inbox.advance(unread=after.unread - before.unread, unseen=after.unseen - before.unseen)
    return Result(inbox.revision, before.rows, inbox.unread_count, inbox.unseen_count)


def _count_on_commit(steps: Mapping[str, int]) -> None:
    """Let ``/metrics`` tell of the steps that items came further, once that is committed."""

    def count() -> None:
        for step, number in steps.items():
            metrics.items.labels(step).inc(number)

    transaction.on_commit(count, robust=True)


def _pending(change: _Change, inbox: Inbox, which: Which) -> InboxItemQuerySet:
    items = InboxItem.objects.filter(inbox=inbox)
    if isinstance(which, Chosen):
        return change.pending(items.present().filter(notification_id__in=which.ids))
    if isinstance(which, ChangedIn):
        return change.pending(items.present().filter(revision=which.revision or 0))
    if change.pending_listed is None:
        raise ValueError("This act takes ids, not everything up to a revision.")
    secret = Epoch.objects.values_list("epoch_secret", flat=True).get()
    if which.epoch != opaque_ids.opaque(secret, inbox.pk):
        raise EpochMismatch
    return change.pending_listed(items.filter(arrived_revision__lte=which.revision))


@dataclass(frozen=True)
class _Counts:
    """How many items there are, and how many of them the inbox's counters count."""

    rows: int
    unread: int
    unseen: int
    # How many came each step further at the moment that was asked for.
    steps: Mapping[str, int]

    @classmethod
    def of(cls, items: InboxItemQuerySet, now: datetime | None = None) -> _Counts:
        unread = Q(**LISTED, read_at=None)
        steps = {} if now is None else {step: Q(**{f"{step}_at": now}) for step in _STEPS}
        counts = items.aggregate(
            rows=Count("*"),
            unread=Count("pk", filter=unread),
            unseen=Count("pk", filter=unread & Q(seen_at=None)),
            **{step: Count("pk", filter=is_new) for step, is_new in steps.items()},
        )
        return cls(steps={step: counts.pop(step) for step in steps}, **counts)
