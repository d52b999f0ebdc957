"""Looks for what ought not to be in the database, and mends what can be mended.

Everything is read in chunks, each by one statement, so that what others commit meanwhile is no
finding. What is mended is looked at again under the lock that its changes take.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from notifications.checks import listening
from notifications.conf import conf
from notifications.inbox import stats
from notifications.models import Inbox, InboxItem, Notification, Status, transactions
from notifications.models.inbox import LISTED
from notifications.push import notifier
from notifications.sending import acts, waking
from notifications.sending.dispatch import Dispatch
from notifications.sending.item_jobs import EditJob, RemovalJob
from notifications.sending.jobs import ChunkedJob

# Of one finding; the rest is only counted.
EXAMPLES = 5
# So long may what is due lie about: a dispatcher may have much to do.
PATIENCE = timedelta(minutes=1)
_INBOXES = 500
_NOTIFICATIONS = 100
_ROWS = 1000


@dataclass
class Finding:
    """One kind of thing that may be wrong, and how often it is."""

    what: str
    hint: str
    count: int = 0
    mended: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, example: str, *, mended: bool) -> None:
        self.count += 1
        self.mended += mended
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


def examine(*, repair: bool) -> Iterator[Finding]:
    """Look at everything; each kind of finding is yielded once, found or not.

    Raises: DatabaseError
    """
    yield from _inboxes(repair=repair)
    yield from _overdue(repair=repair)
    for what, kind in (
        ("dispatches that stand still", Dispatch),
        ("edits that stand still", EditJob),
        ("removals that stand still", RemovalJob),
    ):
        yield _standing_still(what, kind, repair=repair)
    yield _stats(repair=repair)
    yield from _left_over(repair=repair)


def hearing() -> str | None:
    """Whether processes hear at once of what others commit; None: nobody is to tell them.

    It is no finding: all that is committed is found, a little later.
    """
    if not notifier.is_wanted():
        return None
    reason = listening.why_nothing_is_heard()
    if reason is None:
        return "Processes hear of each other's commits at once, by PostgreSQL's LISTEN."
    return f"Processes learn of each other's commits within {conf.RECONCILE_S:g} s: {reason}"


# --- Inboxes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Stand:
    """An inbox's row beside what its items say."""

    inbox_id: int
    user_id: Any
    revision: int
    unread_count: int
    unseen_count: int
    unread: int
    unseen: int
    highest: int
    items: int
    arrivals: int

    @property
    def is_miscounted(self) -> bool:
        return (self.unread_count, self.unseen_count) != (self.unread, self.unseen)

    @property
    def is_behind(self) -> bool:
        return self.highest > self.revision

    @property
    def has_doubles(self) -> bool:
        return self.arrivals < self.items


def _inboxes(*, repair: bool) -> Iterator[Finding]:
    miscounted = Finding(
        "inboxes whose counters are wrong",
        "--repair counts them anew, with a revision by which clients learn of it.",
    )
    behind = Finding(
        "inboxes that are behind their items",
        "--repair raises their revision. If a backup was restored, run new_epoch.",
    )
    doubles = Finding(
        "inboxes where two arrivals share a revision",
        "Something wrote items around the code; delete one of them by hand.",
    )
    for stand in _stands():
        is_wrong = stand.is_miscounted or stand.is_behind
        mended = is_wrong and repair and _mend(stand.inbox_id)
        if stand.is_miscounted:
            miscounted.add(
                f"user {stand.user_id}: says {stand.unread_count} unread, {stand.unseen_count} "
                f"unseen; holds {stand.unread}, {stand.unseen}",
                mended=mended,
            )
        if stand.is_behind:
            text = f"user {stand.user_id}: at {stand.revision}, an item at {stand.highest}"
            behind.add(text, mended=mended)
        if stand.has_doubles:
            text = f"user {stand.user_id}: {stand.items} items, {stand.arrivals} arrivals"
            doubles.add(text, mended=False)
    yield from (miscounted, behind, doubles)


def _stands() -> Iterator[_Stand]:
    after: int | None = 0
    while after is not None:
        rows = Inbox.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
        ends = list(rows[:_INBOXES])
        chunk = Inbox.objects.filter(pk__gt=after, pk__lte=ends[-1]) if ends else None
        yield from _compared(chunk) if chunk is not None else ()
        after = ends[-1] if ends else None


def _compared(inboxes: Any) -> list[_Stand]:
    listed = Q(**{f"items__{column}": value for column, value in LISTED.items()})
    unread = listed & Q(items__read_at=None)
    # One statement, so that row and items are of one moment.
    rows = inboxes.order_by("pk").annotate(
        unread=Count("items", filter=unread),
        unseen=Count("items", filter=unread & Q(items__seen_at=None)),
        highest=Max("items__revision", default=0),
        item_count=Count("items"),
        arrivals=Count("items__arrived_revision", distinct=True),
    )
    columns = ("pk", "user_id", "revision", "unread_count", "unseen_count")
    counted = ("unread", "unseen", "highest", "item_count", "arrivals")
    return [_Stand(*row) for row in rows.values_list(*columns, *counted)]


@transactions.atomic()
def _mend(inbox_id: int) -> bool:
    """Let the inbox say what its items say. Returns: whether it does now."""
    inbox = Inbox.objects.select_for_update(no_key=True).filter(pk=inbox_id).first()
    if inbox is None:
        return True  # gone with its user
    (stand,) = _compared(Inbox.objects.filter(pk=inbox_id))
    if stand.is_miscounted or stand.is_behind:
        inbox.revision = max(inbox.revision, stand.highest)
        inbox.advance(
            unread=stand.unread - inbox.unread_count, unseen=stand.unseen - inbox.unseen_count
        )
    return True


# --- What is due ----------------------------------------------------------------------------------


def _overdue(*, repair: bool) -> Iterator[Finding]:
    hint = "Does a dispatcher run? --repair does its work once."
    since = timezone.now() - PATIENCE
    late = Finding("scheduled notifications that are overdue", hint)
    scheduled = Notification.objects.filter(status=Status.SCHEDULED, send_at__lte=since)
    for pk, send_at in _by_key(scheduled, "pk", "send_at"):
        text = f"notification {pk}: due {_age(send_at)} ago"
        late.add(text, mended=repair and acts.begin(pk))
    expired = Finding("notifications that have expired and are still there", hint)
    for pk, expires_at in _by_key(
        Notification.objects.filter(expires_at__lte=since, expired_at=None), "pk", "expires_at"
    ):
        if repair:
            acts.expire(pk)
        expired.add(f"notification {pk}: expired {_age(expires_at)} ago", mended=repair)
    asleep = Finding("snoozed notifications that should have come back", hint)
    due = InboxItem.objects.due(since)
    for pk, inbox_id, until in _by_key(due, "pk", "inbox_id", "snoozed_until"):
        woken = repair and waking.wake([inbox_id], [pk], timezone.now())[0]
        asleep.add(f"item {pk}: due {_age(until)} ago", mended=bool(woken))
    yield from (late, expired, asleep)


# When a job that nobody has taken up began.
_BEGAN: dict[type[ChunkedJob], tuple[str, ...]] = {
    Dispatch: ("created_at", "send_at"),
    EditJob: ("begun_at",),
    RemovalJob: ("created_at",),
}


def _standing_still(what: str, kind: type[ChunkedJob], *, repair: bool) -> Finding:
    finding = Finding(what, "Does a dispatcher run? --repair walks them to their end.")
    since = timezone.now() - PATIENCE
    for pk, lease_until, *began in _by_key(kind.unclaimed(), "pk", "lease_until", *_BEGAN[kind]):
        still_since = lease_until or max(moment for moment in began if moment)
        is_of_another_time = lease_until is not None and lease_until > timezone.now()
        if is_of_another_time or still_since <= since:
            text = f"nobody is on it since {_age(still_since)}"
            if is_of_another_time:
                text = f"its lease ends in {_ahead(lease_until)}; the clock was set back"
            text = f"notification {pk}: {text}"
            finding.add(text, mended=repair and kind(pk).run())
        elif repair:
            kind(pk).run()  # begun just now, maybe by ourselves
    return finding


def _age(moment: datetime) -> str:
    return str(timedelta(seconds=int((timezone.now() - moment).total_seconds())))


def _ahead(moment: datetime) -> str:
    return str(timedelta(seconds=int((moment - timezone.now()).total_seconds())))


def _by_key(rows: Any, *columns: str) -> Iterator[Any]:
    """Rows in the order of their keys, a few at a time: what is done to one may end its question.

    Args: columns: the first is the key.
    """
    after = 0
    while True:
        chunk = list(rows.filter(pk__gt=after).order_by("pk").values_list(*columns)[:_ROWS])
        yield from chunk
        if len(chunk) < _ROWS:
            return
        after = chunk[-1][0]


# --- What senders are shown -----------------------------------------------------------------------


def _stats(*, repair: bool) -> Finding:
    finding = Finding("notifications whose figures are wrong", "--repair counts them anew.")
    after: int | None = 0
    while after is not None:
        rows = Notification.objects.filter(pk__gt=after).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:_NOTIFICATIONS])
        wrong = stats.wrong(ids)
        if wrong and repair:
            stats.mend(wrong)
            stats.roll_up()
        for difference in wrong:
            shown, real = difference.shown, difference.real
            text = (
                f"notification {difference.notification_id}: {shown.delivered} delivered,"
                f" {shown.seen} seen, {shown.read} read;"
                f" in truth {real.delivered}, {real.seen}, {real.read}"
            )
            finding.add(text, mended=repair)
        after = ids[-1] if ids else None
    return finding


# --- What is kept too long ------------------------------------------------------------------------


def _left_over(*, repair: bool) -> Iterator[Finding]:
    counts = {name: import_string(path)() for name, path in conf.LEFT_OVER.items()}
    if repair and any(counts.values()):
        for forget in conf.HOUSEKEEPING:
            while import_string(forget)():
                pass
    for name, count in counts.items():
        hint = "Does a dispatcher run? It deletes them; so does --repair."
        yield Finding(f"{name} that are over, and still kept", hint, count, count if repair else 0)
