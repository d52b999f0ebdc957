"""Turns a notification that is being sent into items, one in each recipient's inbox."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import Any, TypeAlias

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from notifications.conf import conf
from notifications.models import Inbox, Notification, Status, audiences, sql
from notifications.models.audience import Audience
from notifications.models.inbox import InboxQuerySet
from notifications.preferences import skipping
from notifications.preferences.skipping import Reason
from notifications.sending import arrivals
from notifications.sending.jobs import ChunkedJob
from notifications.sending.signals import Arrived, inboxes_changed

# What is asked of an audience's inboxes, between which ids.
_Ask: TypeAlias = Callable[..., QuerySet[Any]]


class Dispatch(ChunkedJob):
    """The job over the inboxes of a notification's audience."""

    model = Notification
    unfinished = Q(status=Status.SENDING)

    def __init__(self, pk: int) -> None:
        super().__init__(pk)
        # Of the row, once that was read.
        self._audience: Audience | None = None

    def finished(self) -> dict[str, Any]:
        return {"status": Status.SENT}

    def accept(self) -> dict[str, Any]:
        # A row that did not come through sending.send: whoever joins from now on does not get it.
        last = close(self._audience_of_row())
        return {"upto": last, "recipient_count": self._inboxes(0, last).count()}

    def chunk_end(self, after: int, upto: int, size: int) -> int:
        ends = self._ids(_nth, after, upto, size)
        return ends[0] if ends else upto

    def chunk(self, after: int, upto: int) -> None:
        wanted = self._ids(_locking, after, upto)
        # The row is locked by the fence: this content, and no other, goes into the hints.
        notification = sql.find_one(Notification, "id", self.pk)
        assert notification is not None  # noqa: S101 (whose lock it is)
        left_out = skipping.skipped(notification, wanted, after=after, upto=upto)
        if not (ids := [pk for pk in wanted if pk not in left_out]):
            self._count(0, left_out.values())
            return
        arrived_at = timezone.now()
        inboxes = arrivals.enter(self.pk, ids, arrived_at)
        self._count(len(ids), left_out.values())
        inboxes_changed.send(type(self), changes=[Arrived(notification, arrived_at, inboxes)])

    def _count(self, reached: int, reasons: Collection[Reason]) -> None:
        """With the chunk itself, so that whoever goes on after a crash counts nobody twice."""
        if reached or reasons:
            Notification.objects.filter(pk=self.pk).update(
                item_count=F("item_count") + reached, **skipping.added(reasons)
            )

    def _ids(self, ask: _Ask, after: int, upto: int, *more: int) -> list[int]:
        """The ids of inboxes that are asked for so, among those of the audience between these."""
        audience = self._audience_of_row()
        if not (isinstance(audience, audiences.Everyone) and sql.is_plain(get_user_model())):
            return list(ask(audience, after, upto, *more))
        question = _of_everyone(ask, more, get_user_model(), connection.vendor)
        return [pk for (pk,) in question.rows(after=after, upto=upto)]

    def _inboxes(self, after: int, upto: int) -> InboxQuerySet:
        return _between(self._audience_of_row(), after, upto)

    def _audience_of_row(self) -> Audience:
        if self._audience is None:
            self._audience = audiences.of(self.row)
        return self._audience


def _between(audience: Audience, after: int, upto: int) -> InboxQuerySet:
    return audience.inboxes(Inbox.objects.filter(pk__gt=after, pk__lte=upto))


def _nth(audience: Audience, after: int, upto: int, n: int) -> QuerySet[Any]:
    """The last of the first so many; none, where there are not as many."""
    ids = _between(audience, after, upto).order_by("pk").values_list("pk", flat=True)
    return ids[n - 1 : n]


def _locking(audience: Audience, after: int, upto: int) -> QuerySet[Any]:
    # In the order of ids, as everywhere: two sends over the same users must not lock crosswise.
    rows = _between(audience, after, upto).order_by("pk").select_for_update(no_key=True)
    return rows.values_list("pk", flat=True)


@cache
def _of_everyone(ask: _Ask, more: tuple[int, ...], _users: type[Any], _vendor: str) -> sql.Question:
    everyone = audiences.Everyone()
    return sql.Question(lambda after, upto: ask(everyone, after, upto, *more), after=-11, upto=-12)


def close(audience: Audience, *, is_later: bool = False) -> int:
    """Accept who there is: whoever is made from now on gets nothing of what is accepted by this.

    Users may come without an inbox, by ``bulk_create`` or from another program: those who may be
    recipients get theirs here.

    Args: is_later: it is not sent at once, and its audience may be others by then.
    Returns: the highest inbox id; 0 where there is none.
    """
    if isinstance(audience, audiences.ChosenUsers):
        Inbox.objects.ensure_of(audience.keys())
    else:
        Inbox.objects.ensure(audience.candidates() if is_later else audience.members())
    return last_inbox_id()


def last_inbox_id() -> int:
    """The highest inbox id there is; 0 where there is no inbox."""
    highest: dict[str, Any] = Inbox.objects.aggregate(last=Max("pk"))
    return highest["last"] or 0


def fits_one_chunk(notification: Notification) -> bool:
    """Whether the audience is so small that whoever sends also dispatches, at once."""
    size: int = conf.DISPATCH_CHUNK_SIZE
    if notification.upto is None:  # not accepted yet, so not counted
        return audiences.of(notification).recipients()[: size + 1].count() <= size
    return notification.recipient_count <= size


def is_in_few(notification: Notification) -> bool:
    """Whether it is in so few inboxes that whoever changes it also tells them, at once."""
    # Not asked of the audience, which may be one that nobody knows any more.
    size: int = conf.DISPATCH_CHUNK_SIZE
    return notification.item_count <= size
