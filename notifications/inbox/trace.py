"""The story of one notification, from the database alone: what happened, when, and why not.

Logs tell of it too, while there are any. This is what answers "why did she not get it?" after.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.conf import conf
from notifications.inbox import stats, traced_streams
from notifications.inbox.trace_reasons import Reason, said
from notifications.inbox.traced_streams import Outcome, TracedStream
from notifications.models import Inbox, InboxItem, Notification, Removal, Status, audiences
from notifications.models.door import Door
from notifications.preferences import skipping


@dataclass(frozen=True)
class Step:
    """``happened``: None where nobody can know. ``since``: of a reason that has a beginning."""

    name: str
    happened: bool | None = True
    at: datetime | None = None
    reason: Reason | None = None
    since: datetime | None = None
    detail: str = ""

    @property
    def sentence(self) -> str:
        """What there is to say of it beside its time."""
        return self.detail or (said(self.reason) if self.reason else "")


@dataclass(frozen=True)
class Trace:
    """The steps of all, or of one user; ``streams`` of that user, where they may be told of."""

    notification: Notification
    steps: list[Step]
    user: Any = None
    streams: list[TracedStream] = field(default_factory=list)


def of(notification: Notification) -> Trace:
    """What became of it, for all its recipients."""
    steps = [*_begun(notification), _dispatched_to_all(notification), *_counted(notification)]
    return Trace(notification, [*steps, *_ended(notification)])


def of_user(notification: Notification, user: Any, *, with_streams: bool = True) -> Trace:
    """What became of it for one user.

    Args: with_streams: whether whoever asks may know of the user's streams: when they were there.
    """
    item = _item_of(notification, user)
    steps = list(_begun(notification))
    if item is None:
        why = _why_not_dispatched(notification, user)
        steps.append(Step("dispatched", happened=False, reason=why))
        return Trace(notification, steps, user)
    in_inbox = _("In the inbox, under revision %(revision)s.")
    if item.woken:
        in_inbox = _("Back from a snooze, under revision %(revision)s.")
    in_inbox %= {"revision": item.arrived_revision}
    steps.append(Step("dispatched", at=item.arrived_at, detail=in_inbox))
    streams = traced_streams.of_item(item) if with_streams else []
    if with_streams:
        steps.append(_written(item, streams))
    steps += _taken_in(item)
    if item.removed_at is not None:
        steps.append(Step("removed", at=item.removed_at, reason=_why_removed(notification)))
    return Trace(notification, steps, user, streams)


def may_be_in(notification: Notification, user: Any) -> bool:
    """Whether it is or was in that user's inbox: then whoever sees recipients sees the user."""
    return _item_of(notification, user) is not None


def _item_of(notification: Notification, user: Any) -> InboxItem | None:
    items = InboxItem.objects.filter(notification=notification, inbox__user=user.pk)
    return items.select_related("inbox").first()


# --- The beginning --------------------------------------------------------------------------------


def _begun(notification: Notification) -> Iterator[Step]:
    if notification.status == Status.DRAFT:
        yield Step("accepted", happened=False, reason=Reason.DRAFT)
        return
    yield Step("accepted", at=notification.created_at, detail=_by_whom(notification))
    # What can be read here was committed; by which clock, no database says of a row.
    yield Step("committed", detail=_("It stands in the database."))


def _by_whom(notification: Notification) -> str:
    count = notification.recipient_count
    whom = ngettext("For %(count)s person", "For %(count)s people", count)
    whom %= {"count": f"{count:,}"}
    if notification.door not in Door.values:
        return _("%(whom)s; its row was written around every door.") % {"whom": whom}
    through = _("through %(door)s") % {"door": Door(notification.door).label}
    by = _(", by %(by)s") % {"by": notification.accepted_by} if notification.accepted_by else ""
    return f"{whom}, {through}{by}."


# --- For all --------------------------------------------------------------------------------------


def _dispatched_to_all(notification: Notification) -> Step:
    items = InboxItem.objects.filter(notification=notification)
    first = items.order_by("inbox_id").values_list("arrived_at", flat=True).first()
    if first is None:
        reason = _why_not_begun(notification) or _under_way(notification)
        reason = reason or _why_removed(notification) or _why_nobody(notification)
        return Step("dispatched", happened=False, reason=reason, since=_due(notification))
    detail = ngettext(
        "In %(count)s inbox, of %(all)s that were expected.",
        "In %(count)s inboxes, of %(all)s that were expected.",
        notification.item_count,
    )
    if notification.skipped_count:
        more = _(" Skipped, since their preferences keep it out: %(count)s.")
        detail += more % {"count": f"{notification.skipped_count:,}"}
    counts = {"count": f"{notification.item_count:,}", "all": f"{notification.recipient_count:,}"}
    reason = _under_way(notification)
    return Step("dispatched", at=first, reason=reason, detail=detail % counts)


def _why_nobody(notification: Notification) -> Reason:
    return Reason.NOT_WANTED if notification.skipped_count else Reason.NOBODY


def _counted(notification: Notification) -> Iterator[Step]:
    """How many said that they have it, saw it, read it; a few seconds old."""
    counts = stats.kept(notification.pk)
    for name, count in (
        ("acknowledged", counts.delivered),
        ("seen", counts.seen),
        ("read", counts.read),
    ):
        by = ngettext("By %(count)s person.", "By %(count)s people.", count)
        yield Step(name, happened=count > 0, detail=by % {"count": f"{count:,}"})


def _ended(notification: Notification) -> Iterator[Step]:
    if (reason := _why_removed(notification)) is not None:
        removal = Removal.objects.filter(pk=notification.pk).first()
        at = notification.expired_at if removal is None else removal.created_at
        yield Step("removed", at=at, reason=reason)


def _why_removed(notification: Notification) -> Reason | None:
    if notification.status == Status.CANCELLED:
        return Reason.CANCELLED
    if notification.status == Status.WITHDRAWN:
        return Reason.WITHDRAWN
    return Reason.EXPIRED if notification.expired_at is not None else None


# --- For one --------------------------------------------------------------------------------------


def _due(notification: Notification) -> datetime | None:
    return notification.send_at if notification.status == Status.SCHEDULED else None


def _why_not_begun(notification: Notification) -> Reason | None:
    """Why nobody has it, whoever it is."""
    match notification.status:
        case Status.DRAFT:
            return Reason.DRAFT
        case Status.SCHEDULED:
            return Reason.SCHEDULED
        case Status.CANCELLED:
            return Reason.CANCELLED
    return None


def _why_not_dispatched(notification: Notification, user: Any) -> Reason:
    """Why it is not in this user's inbox, and never was."""
    try:
        audience = audiences.of(notification)
        is_member = audience.members().filter(pk=user.pk).exists()
    except ValueError:
        return Reason.NO_AUDIENCE
    # First: of who is none of them nothing else is told.
    if not is_member:
        return Reason.NOT_IN_AUDIENCE
    if (reason := _why_not_begun(notification) or _why_no_turn(notification, user)) is not None:
        return reason
    is_active = audience.recipients().filter(pk=user.pk).exists()
    if not is_active:
        return Reason.NOT_ACTIVE
    return Reason.NOT_WANTED if _is_unwanted(notification, user) else Reason.LEFT_OUT


def _is_unwanted(notification: Notification, user: Any) -> bool:
    """Whether the user's rules keep it out, as these are now."""
    inbox_id = Inbox.objects.filter(user=user.pk).values_list("pk", flat=True).first()
    if inbox_id is None or not notification.skipped_count:
        return False
    between = {"after": inbox_id - 1, "upto": inbox_id}
    return bool(skipping.skipped(notification, [inbox_id], **between))


def _why_no_turn(notification: Notification, user: Any) -> Reason | None:
    """Why the dispatch has not come by, if it has not."""
    inbox_id = Inbox.objects.filter(user=user.pk).values_list("pk", flat=True).first()
    if inbox_id is not None and notification.cursor >= inbox_id:
        return None
    upto = notification.upto
    if upto is not None and (inbox_id is None or inbox_id > upto):
        return Reason.JOINED_LATER
    return _why_removed(notification) or _under_way(notification)


def _under_way(notification: Notification) -> Reason | None:
    return Reason.UNDER_WAY if notification.status == Status.SENDING else None


def _written(item: InboxItem, streams: list[TracedStream]) -> Step:
    """Whether a stream has carried it, as far as it was kept."""
    reached = [one for one in streams if one.outcome is Outcome.WRITTEN]
    if reached:
        detail = ngettext("To %(count)s stream.", "To %(count)s streams.", len(reached))
        if all(one.opened_at > item.arrived_at for one in streams):
            detail = ngettext(
                "To %(count)s stream; none was open when it arrived.",
                "To %(count)s streams; none was open when it arrived.",
                len(reached),
            )
        # Not before that: of a range it is not kept when each of its revisions went out.
        at = max(reached[0].opened_at, item.arrived_at)
        return Step("written", at=at, detail=detail % {"count": len(reached)})
    if any(one.outcome is Outcome.UNKNOWN for one in streams):
        return Step("written", happened=None, reason=Reason.REMOVED_MEANWHILE)
    if item.delivered_at is not None:
        return Step("written", happened=None, reason=Reason.ELSEWHERE)
    if timezone.now() - item.arrived_at > timedelta(hours=conf.STREAM_RETENTION_H):
        return Step("written", happened=None, reason=Reason.FORGOTTEN)
    if streams:
        return Step("written", happened=False, reason=Reason.NOT_WRITTEN)
    since = traced_streams.offline_since(item)
    return Step("written", happened=False, reason=Reason.OFFLINE, since=since)


def _taken_in(item: InboxItem) -> Iterator[Step]:
    """What the client said, and what the user did."""
    for name, at, missing in (
        ("acknowledged", item.delivered_at, Reason.NOT_ACKNOWLEDGED),
        ("seen", item.seen_at, Reason.NOT_SEEN),
        ("read", item.read_at, Reason.NOT_READ),
    ):
        yield Step(name, happened=at is not None, at=at, reason=None if at is not None else missing)
    if item.archived_at is not None:
        yield Step("archived", at=item.archived_at)
    if item.snoozed_until is not None:
        until = date_format(localtime(item.snoozed_until), "DATETIME_FORMAT")
        yield Step("snoozed", detail=_("Until %(until)s.") % {"until": until})
