"""What an inbox holds: where it stands, pages and single notifications, in one statement each.

Two statements could disagree about the revision, and a transaction around them would take the
write lock on SQLite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Left

from notifications.inbox.search import Search
from notifications.models import Epoch, Inbox, InboxItem, sql
from notifications.models.inbox import InboxItemQuerySet
from notifications.preferences.choices import Choices
from notifications.wire import contract, opaque_ids, read, serializers
from notifications.wire.message import Message
from notifications.wire.read import Item, Said

_COLUMNS = (*serializers.ITEM, *serializers.CONTENT)
_HEAD = (
    "pk", "revision", "unread_count", "unseen_count", "preferences__chosen", "epoch_secret",
    "user_secret",
)  # fmt: skip

EVERYTHING = Search()
FILTERS = {
    "inbox": lambda items: items.listed(),
    "unread": lambda items: items.unread(),
    "snoozed": lambda items: items.snoozed(),
    "archived": lambda items: items.archived(),
    "saved": lambda items: items.saved(),
}


class EpochMismatch(Exception):
    """The cursor comes from another life of the database: start again from a snapshot."""


@dataclass(frozen=True)
class Head:
    """Where an inbox stands. ``user`` and ``epoch`` are the opaque keys of the wire."""

    inbox_id: int
    user: str
    epoch: str
    revision: int
    unread: int
    unseen: int
    choices: Choices = field(default_factory=Choices)

    @property
    def counts(self) -> dict[str, int]:
        return {"unread": self.unread, "unseen": self.unseen}


@dataclass(frozen=True)
class Notification:
    """A notification in an inbox."""

    item: Item
    said: Said

    @property
    def message(self) -> Message:
        return self.said.message


@dataclass(frozen=True)
class Page:
    head: Head
    notifications: list[Notification]
    # The cursor of the next page, or None on the last.
    next_before: int | None
    # The cursor of the page above, where that was asked for; None: there is nothing above.
    next_after: int | None = None


def inboxes_of(user_ids: Sequence[Any]) -> list[int | None]:
    """The ids of these users' inboxes, in their order; None for whom there is not.

    What is missing is made.
    """
    known = _inbox_ids(user_ids)
    if missing := [pk for pk in user_ids if pk not in known]:
        Inbox.objects.ensure_of(missing)
        known |= _inbox_ids(missing)
    return [known.get(pk) for pk in user_ids]


def _inbox_ids(user_ids: Sequence[Any]) -> dict[Any, int]:
    inboxes = Inbox.objects.filter(user__among=list(user_ids))
    return dict(inboxes.values_list("user_id", "pk"))


def head(user_id: Any) -> Head:
    """Where the user's inbox stands; an inbox that is missing is made."""
    row = _head_rows(user_id).first()
    if row is None:
        Inbox.objects.ensure_of([user_id])
        row = _head_rows(user_id).get()
    return _head(user_id, row)


def known_head(user_id: Any) -> Head | None:
    """The same for a look only: nothing is made."""
    row = _head_rows(user_id).first()
    return None if row is None else _head(user_id, row)


def page(
    user_id: Any,
    listing: str = "inbox",
    *,
    before: int | None = None,
    after: int | None = None,
    size: int,
    search: Search = EVERYTHING,
) -> Page:
    """One page of a listing, newest first.

    Args: listing: a key of ``FILTERS``. before: the ``next_before`` of the page above.
        after: the newest that is held; what arrived next after it is read then.
    """
    items = FILTERS[listing](items_of(user_id))
    if before is not None:
        items = items.filter(arrived_revision__lt=before)
    is_above = after is not None
    if is_above:
        items = items.filter(arrived_revision__gt=after)
    # What is next to the cursor comes first. One more than is shown tells whether there is more.
    for found in [search.upwards(items)] if is_above else search.ways(items):
        inbox_head, rows = _read(user_id, found[: size + 1])
        if len(rows) > size:
            break
    has_more = len(rows) > size
    rows = _newest_first(rows)
    shown = rows[-size:] if is_above else rows[:size]
    first, last = (shown[0], shown[-1]) if shown else (None, None)
    return Page(
        inbox_head,
        [_read_from(row) for row in shown],
        # Below a page that is above the cursor is what that was taken from.
        last["arrived_revision"] if last and (has_more or is_above) else None,
        first["arrived_revision"] if first and has_more and is_above else None,
    )


def one(user_id: Any, notification_id: int) -> Notification | None:
    """One notification with its whole body, or None: missing, removed and somebody else's alike."""
    items = items_of(user_id).present().filter(notification_id=notification_id)
    row = items.values_list(*serializers.ITEM, *_prefixed(serializers.CONTENT)).first()
    if row is None:
        return None
    named = dict(zip(_COLUMNS, row, strict=True))
    return _read_from(named, whole=True) if serializers.has_place(named) else None


@dataclass(frozen=True)
class Neighbours:
    """The ids of the listed notifications that arrived next, and last before; None: none did."""

    newer: str | None
    older: str | None


def beside(user_id: Any, arrived_revision: int) -> Neighbours:
    """What lies next to a notification in the inbox, whether that itself is listed or not."""
    listed = items_of(user_id).listed()
    ids = listed.values_list("notification_id", flat=True)
    newer = ids.filter(arrived_revision__gt=arrived_revision).order_by("arrived_revision").first()
    older = ids.filter(arrived_revision__lt=arrived_revision).order_by("-arrived_revision").first()
    return Neighbours(*(None if pk is None else str(pk) for pk in (newer, older)))


def items_of(user_id: Any) -> InboxItemQuerySet:
    """The items of a user's inbox, removed ones included."""
    # Not by a join: for that, PostgreSQL would sort all that the inbox holds.
    inbox = Inbox.objects.filter(user_id=user_id).values("pk")[:1]
    return InboxItem.objects.filter(inbox_id=Subquery(inbox))


def _head_rows(user_id: Any) -> QuerySet[Inbox, Any]:
    epoch = Epoch.objects.filter(pk=1)
    return (
        Inbox.objects.filter(user_id=user_id)
        .annotate(
            epoch_secret=Subquery(epoch.values("epoch_secret")),
            user_secret=Subquery(epoch.values("user_secret")),
        )
        .values_list(*_HEAD)
    )


def _head(user_id: Any, row: Sequence[Any]) -> Head:
    inbox_id, revision, unread, unseen, chosen, epoch_secret, user_secret = row
    return Head(
        inbox_id=inbox_id,
        user=opaque_ids.opaque(user_secret, user_id),
        epoch=opaque_ids.opaque(epoch_secret, inbox_id),
        revision=revision,
        unread=unread,
        unseen=unseen,
        choices=Choices.from_json(chosen),
    )


def _read(user_id: Any, items: QuerySet[InboxItem]) -> tuple[Head, list[dict[str, Any]]]:
    # One character more than is shown tells whether there is more.
    body = Left("notification__body", contract.BODY_PREVIEW_LENGTH + 1)
    rows = items.values_list(*serializers.ITEM, *_prefixed(serializers.CONTENT[:-1]), body)
    head_row, item_rows = sql.fetch_beside(_head_rows(user_id), rows)
    if head_row is None:
        return head(user_id), []
    named = [dict(zip(_COLUMNS, row, strict=True)) for row in item_rows]
    return _head(user_id, head_row), [row for row in named if serializers.has_place(row)]


def _prefixed(names: Sequence[str]) -> list[str]:
    return [f"notification__{name}" for name in names]


def _newest_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row["arrived_revision"], reverse=True)


def _read_from(row: Mapping[str, Any], *, whole: bool = False) -> Notification:
    return Notification(read.item(row), read.content(row["notification_id"], row, whole=whole))
