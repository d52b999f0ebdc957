"""Takes a notification that was withdrawn or has expired out of the inboxes that hold it."""

from __future__ import annotations

from django.db.models import Case, Exists, F, OuterRef, Subquery, When
from django.utils import timezone

from notifications.holders import HoldersWalk
from notifications.models import Clock, Inbox, Removal
from notifications.models.inbox import InboxItemQuerySet
from notifications.signals import Removed, inboxes_changed


class RemovalWalk(HoldersWalk):
    """The walk over the inboxes that hold a notification. It leaves tombstones."""

    model = Removal

    def change(self, items: InboxItemQuerySet, inbox_ids: list[int]) -> None:
        mine = items.filter(inbox_id=OuterRef("pk"))
        inboxes = Inbox.objects.filter(pk__among=inbox_ids)
        inboxes.update(
            revision=F("revision") + 1,
            unread_count=F("unread_count") - _one_where(mine.unread()),
            unseen_count=F("unseen_count") - _one_where(mine.unseen()),
            stamp=Clock.tick(inboxes.db),
        )
        revision = Inbox.objects.filter(pk=OuterRef("inbox_id")).values("revision")
        items.update(removed_at=timezone.now(), revision=Subquery(revision))
        inboxes_changed.send(type(self), changes=[Removed(self.pk, inboxes.now())])


def _one_where(items: InboxItemQuerySet) -> Case:
    return Case(When(Exists(items), then=1), default=0)
