"""Jobs over the inboxes that hold a notification: to tell them that it was edited, or has gone."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import Any, ClassVar

from django.db import connection
from django.db.models import Case, Max, Q, QuerySet, When
from django.utils import timezone

from notifications.models import Edit, Inbox, InboxItem, Removal, sql
from notifications.models.inbox import LISTED, InboxItemQuerySet
from notifications.sending import item_changes
from notifications.sending.jobs import ChunkedJob
from notifications.sending.signals import Edited, Removed, inboxes_changed


class ItemJob(ChunkedJob):
    """The job of a row that belongs to one notification, and has its key."""

    unfinished: ClassVar[Q] = Q(finished_at=None)

    @abstractmethod
    def change(self, items: Sequence[tuple[Any, ...]]) -> None:
        """Change these items, of which there may be none; their inboxes are locked.

        Args: items: the inbox of each, and what it takes out of its counters (``_COUNTED``).
        """

    def finished(self) -> dict[str, Any]:
        return {"finished_at": timezone.now()}

    def accept(self) -> dict[str, Any]:
        # The dispatch is over before a removal begins, so no item comes after this one.
        items = InboxItem.objects.present().filter(notification_id=self.pk)
        return {"upto": items.aggregate(last=Max("inbox_id"))["last"] or 0}

    def chunk_end(self, after: int, upto: int, size: int) -> int:
        ends = _question(_nth, size).rows(pk=self.pk, after=after, upto=upto)
        return ends[0][0] if ends else upto

    def chunk(self, after: int, upto: int) -> None:
        chunk = {"pk": self.pk, "after": after, "upto": upto}
        if not connection.features.has_select_for_update:
            # SQLite: nobody else writes as long as this transaction lasts.
            self.change(_question(_leaving).rows(**chunk))
            return
        ids = [pk for (pk,) in _question(_locking).rows(**chunk)]
        # Looked at again under the locks, which no change of an item gets around.
        listed = sql.listed(InboxItem._meta.get_field("inbox"), ids)
        self.change(_question(_leaving_locked, inboxes=sql.ANY).rows(**chunk, inboxes=listed))


class EditJob(ItemJob):
    """The job over the inboxes that a notification had reached when it was edited.

    The content is in one row, and was changed there; here each inbox takes a revision, by which its
    clients learn of it. Arrival and counts stay: nothing is announced.
    """

    model = Edit

    def change(self, items: Sequence[tuple[Any, ...]]) -> None:
        if ids := [inbox_id for inbox_id, _ in items]:
            inboxes = item_changes.change(self.pk, ids)
            inboxes_changed.send(type(self), changes=[Edited(inboxes)])


class RemovalJob(ItemJob):
    """Takes a notification that was withdrawn or has expired out of all inboxes, by tombstones."""

    model = Removal

    def change(self, items: Sequence[tuple[Any, ...]]) -> None:
        alike: dict[tuple[int, int], list[int]] = defaultdict(list)
        for inbox_id, leaving in items:
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


# --- What a chunk asks, put into SQL once ---------------------------------------------------------


def _items(pk: int, after: int, upto: int) -> InboxItemQuerySet:
    """The notification's items that are still there, in inboxes ``after < id <= upto``."""
    items = InboxItem.objects.present().filter(notification_id=pk)
    return items.filter(inbox_id__gt=after, inbox_id__lte=upto)


def _nth(n: int, **between: int) -> QuerySet[Any]:
    """The inbox of the last of the first so many; none, where there are not as many."""
    return _items(**between).order_by("inbox_id").values_list("inbox_id")[n - 1 : n]


def _locking(pk: int, after: int, upto: int) -> QuerySet[Any]:
    holders = _items(pk, after, upto).values("inbox_id")
    held = Inbox.objects.filter(pk__gt=after, pk__lte=upto, pk__in=holders)
    return held.order_by("pk").select_for_update(no_key=True).values_list("pk")


def _leaving(**between: int) -> QuerySet[Any]:
    return _items(**between).values_list("inbox_id", _LEAVING)


def _leaving_locked(inboxes: Collection[int], **between: int) -> QuerySet[Any]:
    return _leaving(**between).filter(inbox__among=inboxes)


def _question(ask: Callable[..., QuerySet[Any]], *more: int, **marks: Any) -> sql.Question:
    return _made(ask, more, frozenset(marks.items()), connection.vendor)


@cache
def _made(
    ask: Callable[..., QuerySet[Any]],
    more: tuple[int, ...],
    marks: frozenset[tuple[str, Any]],
    _vendor: str,
) -> sql.Question:
    # Unlike any key there is.
    between = {"pk": -10, "after": -11, "upto": -12}
    return sql.Question(lambda **values: ask(*more, **values), **between, **dict(marks))
