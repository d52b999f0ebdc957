"""Takes a notification that was withdrawn or has expired out of the inboxes that hold it."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Exists, F, Max, OuterRef, Q, Subquery, When
from django.utils import timezone

from notifications.models import Clock, Inbox, InboxItem, Removal
from notifications.models.inbox import InboxItemQuerySet
from notifications.signals import Removed, inboxes_changed
from notifications.walks import Walk


class RemovalWalk(Walk):
    """The walk over the inboxes that hold a notification. It leaves tombstones."""

    model = Removal
    unfinished = Q(finished_at=None)

    def finished(self) -> dict[str, Any]:
        return {"finished_at": timezone.now()}

    def accept(self) -> int:
        # The dispatch is over before a removal begins, so no item comes after this one.
        return self._items().aggregate(last=Max("inbox_id"))["last"] or 0

    def chunk_end(self, after: int, upto: int, size: int) -> int:
        ends = self._items(after, upto).order_by("inbox_id").values_list("inbox_id", flat=True)
        end: int | None = ends[size - 1 : size].first()
        return upto if end is None else end

    def chunk(self, after: int, upto: int) -> None:
        holders = self._items(after, upto).values("inbox_id")
        locked = Inbox.objects.filter(pk__gt=after, pk__lte=upto, pk__in=holders)
        ids = list(
            locked.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)
        )
        # Looked at again under the locks, which no change of an item gets around.
        items = self._items(after, upto).filter(inbox__among=ids)
        ids = list(items.values_list("inbox_id", flat=True))
        if not ids:
            return
        mine = items.filter(inbox_id=OuterRef("pk"))
        inboxes = Inbox.objects.filter(pk__among=ids)
        inboxes.update(
            revision=F("revision") + 1,
            unread_count=F("unread_count") - _one_where(mine.unread()),
            unseen_count=F("unseen_count") - _one_where(mine.unseen()),
            stamp=Clock.tick(inboxes.db),
        )
        revision = Inbox.objects.filter(pk=OuterRef("inbox_id")).values("revision")
        items.update(removed_at=timezone.now(), revision=Subquery(revision))
        inboxes_changed.send(type(self), change=Removed(self.pk, inboxes.now()))

    def _items(self, after: int | None = None, upto: int | None = None) -> InboxItemQuerySet:
        items = InboxItem.objects.present().filter(notification_id=self.pk)
        if after is not None:
            items = items.filter(inbox_id__gt=after)
        if upto is not None:
            items = items.filter(inbox_id__lte=upto)
        return items


def _one_where(items: InboxItemQuerySet) -> Case:
    return Case(When(Exists(items), then=1), default=0)
