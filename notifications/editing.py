"""Tells the inboxes that hold a notification that it says something else now."""

from __future__ import annotations

from django.db.models import F, OuterRef, Subquery

from notifications.holders import HoldersWalk
from notifications.models import Clock, Edit, Inbox
from notifications.models.inbox import InboxItemQuerySet
from notifications.signals import Edited, inboxes_changed


class EditWalk(HoldersWalk):
    """The walk over the inboxes that a notification had reached when it was edited.

    The content is in one row, and was changed there; here each inbox takes a revision, by which its
    clients learn of it. Arrival and counts stay: nothing is announced.
    """

    model = Edit

    def change(self, items: InboxItemQuerySet, inbox_ids: list[int]) -> None:
        inboxes = Inbox.objects.filter(pk__among=inbox_ids)
        inboxes.update(revision=F("revision") + 1, stamp=Clock.tick(inboxes.db))
        revision = Inbox.objects.filter(pk=OuterRef("inbox_id")).values("revision")
        items.update(revision=Subquery(revision))
        inboxes_changed.send(type(self), changes=[Edited(inboxes.now())])
