"""Turns a notification that is being sent into items, one in each recipient's inbox."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import DateTimeField, Exists, F, Max, OuterRef, Q, Value
from django.utils import timezone

from notifications.conf import conf
from notifications.models import (
    ChangeCounter,
    Inbox,
    InboxItem,
    Notification,
    Status,
    audiences,
    sql,
)
from notifications.models.inbox import InboxQuerySet
from notifications.sending.jobs import ChunkedJob
from notifications.sending.signals import Arrived, inboxes_changed


class Dispatch(ChunkedJob):
    """The job over a notification's audience, in the order of user ids."""

    model = Notification
    unfinished = Q(status=Status.SENDING)

    def __init__(self, pk: int) -> None:
        super().__init__(pk)
        # Of the row, once that was read.
        self._audience: audiences.Audience | None = None

    def finished(self) -> dict[str, Any]:
        return {"status": Status.SENT}

    def accept(self) -> dict[str, Any]:
        # A row that did not come through sending.send: whoever joins from now on does not get it.
        last = last_user_id()
        return {"upto": last, "recipient_count": self._recipients(0, last).count()}

    def chunk_end(self, after: int, upto: int, size: int) -> int:
        ends = self._recipients(after, upto).order_by("pk").values_list("pk", flat=True)
        end: int | None = ends[size - 1 : size].first()
        return upto if end is None else end

    def chunk(self, after: int, upto: int) -> None:
        # The range is said of the inboxes too, or PostgreSQL looks at every one of them.
        present = Inbox.objects.filter(pk__gt=after, pk__lte=upto)
        locked = with_inboxes(self._recipients(after, upto), present)
        ids = list(locked.values_list("pk", flat=True))
        if not ids:
            return
        inboxes = Inbox.objects.filter(pk__among=ids)
        inboxes.update(
            revision=F("revision") + 1,
            unread_count=F("unread_count") + 1,
            unseen_count=F("unseen_count") + 1,
            change_seq=ChangeCounter.next(inboxes.db),
        )
        arrived_at = timezone.now()
        sql.insert_from(
            InboxItem,
            inboxes,
            inbox_id=F("pk"),
            notification_id=Value(self.pk),
            revision=F("revision"),
            arrived_revision=F("revision"),
            arrived_at=Value(arrived_at, output_field=DateTimeField()),
        )
        Notification.objects.filter(pk=self.pk).update(item_count=F("item_count") + len(ids))
        # The row is locked by the fence: this content, and no other, goes into the hints.
        notification = Notification.objects.get(pk=self.pk)
        arrived = Arrived(notification, arrived_at, inboxes.now())
        inboxes_changed.send(type(self), changes=[arrived])

    def _recipients(self, after: int, upto: int) -> audiences.Users:
        if self._audience is None:
            self._audience = audiences.of(self.row)
        return self._audience.recipients().filter(pk__gt=after, pk__lte=upto)


def with_inboxes(recipients: audiences.Users, present: InboxQuerySet) -> InboxQuerySet:
    """Make the inboxes that these recipients have not got, in the transaction that is open.

    Args: present: narrows inboxes down to where those of the recipients can be.
    Returns: their inboxes, which are locked as they are read. Read them once.
    """
    # Statements of their own, so that on PostgreSQL each sees what the one before waited for.
    missing = recipients.filter(~Exists(present.filter(pk=OuterRef("pk"))))
    # Those who are just being deleted are waited for, and are not there then: an inbox that
    # is made beside that would keep either of the two from committing.
    made = missing.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)
    if new := list(made):
        users = recipients.filter(pk__among=new).order_by("pk")
        sql.insert_from(Inbox, users, ignore_conflicts=True, user_id=F("pk"))
    # In user-id order, as everywhere: two sends over the same users must not lock crosswise.
    locked = present.filter(pk__in=recipients.order_by().values("pk"))
    return locked.order_by("pk").select_for_update(no_key=True)


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


def last_user_id() -> int:
    """The highest user id there is; 0 where there is no user."""
    highest: dict[str, Any] = get_user_model()._default_manager.aggregate(last=Max("pk"))
    return highest["last"] or 0
