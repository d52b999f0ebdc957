"""Jobs over the inboxes that hold a notification: to tell them that it was edited, or has gone."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from django.db.models import Case, Exists, F, Max, OuterRef, Q, Subquery, When
from django.utils import timezone

from notifications.models import ChangeCounter, Edit, Inbox, InboxItem, Removal
from notifications.models.inbox import InboxItemQuerySet
from notifications.sending.jobs import ChunkedJob
from notifications.sending.signals import Edited, Removed, inboxes_changed


class ItemJob(ChunkedJob):
    """The job of a row that belongs to one notification, and has its key."""

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


class EditJob(ItemJob):
    """The job over the inboxes that a notification had reached when it was edited.

    The content is in one row, and was changed there; here each inbox takes a revision, by which its
    clients learn of it. Arrival and counts stay: nothing is announced.
    """

    model = Edit

    def change(self, items: InboxItemQuerySet, inbox_ids: list[int]) -> None:
        inboxes = Inbox.objects.filter(pk__among=inbox_ids)
        inboxes.update(revision=F("revision") + 1, change_seq=ChangeCounter.next(inboxes.db))
        revision = Inbox.objects.filter(pk=OuterRef("inbox_id")).values("revision")
        items.update(revision=Subquery(revision))
        inboxes_changed.send(type(self), changes=[Edited(inboxes.now())])


class RemovalJob(ItemJob):
    """Takes a notification that was withdrawn or has expired out of all inboxes, by tombstones."""

    model = Removal

    def change(self, items: InboxItemQuerySet, inbox_ids: list[int]) -> None:
        mine = items.filter(inbox_id=OuterRef("pk"))
        inboxes = Inbox.objects.filter(pk__among=inbox_ids)
        inboxes.update(
            revision=F("revision") + 1,
            unread_count=F("unread_count") - _one_where(mine.unread()),
            unseen_count=F("unseen_count") - _one_where(mine.unseen()),
            change_seq=ChangeCounter.next(inboxes.db),
        )
        revision = Inbox.objects.filter(pk=OuterRef("inbox_id")).values("revision")
        items.update(removed_at=timezone.now(), revision=Subquery(revision))
        inboxes_changed.send(type(self), changes=[Removed(self.pk, inboxes.now())])


def _one_where(items: InboxItemQuerySet) -> Case:
    return Case(When(Exists(items), then=1), default=0)
