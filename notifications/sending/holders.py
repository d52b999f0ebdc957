"""Walks over the inboxes that hold a notification: to tell them that it was edited, or has gone."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from django.db.models import Max, Q
from django.utils import timezone

from notifications.models import Inbox, InboxItem
from notifications.models.inbox import InboxItemQuerySet
from notifications.sending.jobs import Walk


class HoldersWalk(Walk):
    """The walk of a row that belongs to one notification, and has its key."""

    unfinished: ClassVar[Q] = Q(finished_at=None)

    @abstractmethod
    def change(self, items: InboxItemQuerySet, inbox_ids: list[int]) -> None:
        """Change these items, one in each of these inboxes, all of them locked."""

    def finished(self) -> dict[str, Any]:
        return {"finished_at": timezone.now()}

    def accept(self) -> dict[str, Any]:
        # The dispatch is over before a removal begins, so no item comes after this one.
        return {"upto": self.items().aggregate(last=Max("inbox_id"))["last"] or 0}

    def chunk_end(self, after: int, upto: int, size: int) -> int:
        ends = self.items(after, upto).order_by("inbox_id").values_list("inbox_id", flat=True)
        end: int | None = ends[size - 1 : size].first()
        return upto if end is None else end

    def chunk(self, after: int, upto: int) -> None:
        holders = self.items(after, upto).values("inbox_id")
        locked = Inbox.objects.filter(pk__gt=after, pk__lte=upto, pk__in=holders)
        ids = list(
            locked.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)
        )
        # Looked at again under the locks, which no change of an item gets around.
        items = self.items(after, upto).filter(inbox__among=ids)
        ids = list(items.values_list("inbox_id", flat=True))
        if ids:
            self.change(items, ids)

    def items(self, after: int | None = None, upto: int | None = None) -> InboxItemQuerySet:
        """The notification's items that are still there, in inboxes ``after < id <= upto``."""
        items = InboxItem.objects.present().filter(notification_id=self.pk)
        if after is not None:
            items = items.filter(inbox_id__gt=after)
        if upto is not None:
            items = items.filter(inbox_id__lte=upto)
        return items
