"""Jobs over the inboxes that hold a notification: to tell them that it was edited, or has gone."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from typing import Any, ClassVar

from django.db.models import Case, Max, Q, When
from django.utils import timezone

from notifications.models import Edit, Inbox, InboxItem, Removal
from notifications.models.inbox import LISTED, InboxItemQuerySet
from notifications.sending import item_changes
from notifications.sending.jobs import ChunkedJob
from notifications.sending.signals import Edited, Removed, inboxes_changed


class ItemJob(ChunkedJob):
    """The job of a row that belongs to one notification, and has its key."""

    unfinished: ClassVar[Q] = Q(finished_at=None)

    @abstractmethod
    def change(self, items: InboxItemQuerySet) -> None:
        """Change these items, of which there may be none; their inboxes are locked."""

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
        self.change(self.items(after, upto).filter(inbox__among=frozenset(ids)))

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

    def change(self, items: InboxItemQuerySet) -> None:
        if ids := list(items.values_list("inbox_id", flat=True)):
            inboxes = item_changes.change(self.pk, ids)
            inboxes_changed.send(type(self), changes=[Edited(inboxes)])


class RemovalJob(ItemJob):
    """Takes a notification that was withdrawn or has expired out of all inboxes, by tombstones."""

    model = Removal

    def change(self, items: InboxItemQuerySet) -> None:
        alike: dict[tuple[int, int], list[int]] = defaultdict(list)
        for inbox_id, leaving in items.values_list("inbox_id", _LEAVING):
            alike[_COUNTED[leaving]].append(inbox_id)
        now = timezone.now()
        inboxes = [
            inbox
            for (unread, unseen), ids in alike.items()
            for inbox in item_changes.change(
                self.pk, ids, unread=unread, unseen=unseen, removed_at=now
            )
        ]
        if inboxes:
            inboxes_changed.send(type(self), changes=[Removed(self.pk, inboxes)])


# What an item takes out of its inbox's counters of the unread and the unseen.
_COUNTED = ((0, 0), (1, 0), (1, 1))
_LEAVING = Case(
    When(**LISTED, read_at=None, seen_at=None, then=2),
    When(**LISTED, read_at=None, then=1),
    default=0,
)
