"""What actors did against what the database holds: nothing lost, doubled or misplaced.

Actors are processes that may be killed at any moment, so each writes a journal: a line of JSON
for each act that was acknowledged, flushed before the next act begins. The ledger reads the
journals and compares them with the rows, inbox by inbox.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from notifications.models import Inbox, InboxItem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path
    from typing import Self

    from django.db.models import QuerySet


class Journal:
    """An actor's own record of what was acknowledged to it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def sent(self, notification_id: int, recipients: Iterable[int]) -> None:
        """A send to these users, by the actor's own reckoning."""
        self._write(sent=notification_id, recipients=list(recipients))

    def withdrawn(self, notification_id: int) -> None:
        self._write(withdrawn=notification_id)

    def acted(self, user_id: int, revision: int) -> None:
        """An act that changed something; ``revision`` is the inbox's afterwards."""
        self._write(user=user_id, revision=revision)

    def _write(self, **entry: Any) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


class Item(NamedTuple):
    user: int
    notification_id: int
    revision: int
    arrived_revision: int
    seen: bool = False
    read: bool = False
    listed: bool = True
    removed: bool = False


class Head(NamedTuple):
    revision: int
    unread: int
    unseen: int


@dataclass
class State:
    """The rows of all inboxes, by their users."""

    heads: dict[int, Head]
    items: list[Item]

    @classmethod
    def read(cls, users: Collection[int] | None = None) -> State:
        """Args: users: whose inboxes are read; by default everybody's."""
        inboxes, items = Inbox.objects.all(), InboxItem.objects.all()
        if users is not None:
            inboxes, items = inboxes.filter(user__in=users), items.filter(inbox__user__in=users)
        heads = inboxes.values_list("user_id", "revision", "unread_count", "unseen_count")
        return cls({user: Head(*rest) for user, *rest in heads}, list(_items(items)))


@dataclass
class Ledger:
    # Notifications that were acknowledged to their sender, with the ids of their recipients.
    sent: dict[int, set[int]] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    # Revisions that recipients' acts took, with their user.
    acted: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def of(cls, *journals: Path) -> Self:
        """The ledger of what these actors wrote; one that did nothing has no journal."""
        ledger = cls()
        for line in _lines(journals):
            ledger._enter(json.loads(line))
        return ledger

    def faults(self, state: State | None = None) -> list[str]:
        """All that is wrong in the database, as sentences; empty where it keeps its promises."""
        state = state or State.read()
        return [*_wrong_counters(state), *self._wrong_revisions(state), *self._wrong_places(state)]

    def _enter(self, entry: dict[str, Any]) -> None:
        if "sent" in entry:
            # Under an idempotency key several actors may be told of the same one.
            self.sent[entry["sent"]] = set(entry["recipients"])
        elif "withdrawn" in entry:
            self.withdrawn.add(entry["withdrawn"])
        else:
            self.acted.append((entry["user"], entry["revision"]))

    def _wrong_revisions(self, state: State) -> Iterator[str]:
        """Each revision from 1 to the head is one change's: an arrival, a removal or an act."""
        taken: dict[int, Counter[int]] = defaultdict(Counter)
        for item in state.items:
            taken[item.user][item.arrived_revision] += 1
            if item.removed:
                taken[item.user][item.revision] += 1
        for user, revision in self.acted:
            taken[user][revision] += 1
        for user, head in state.heads.items():
            for revision in sorted({*range(1, head.revision + 1), *taken[user]}):
                times = taken[user][revision]
                if revision > head.revision:
                    yield f"Inbox of {user}: revision {revision} lies beyond {head.revision}"
                elif times != 1:
                    yield f"Inbox of {user}: revision {revision} was taken {times} times"
        for item in state.items:
            if item.revision not in taken[item.user]:
                yield f"Inbox of {item.user}: nobody made {item.notification_id}'s last change"

    def _wrong_places(self, state: State) -> Iterator[str]:
        """Each send is in its recipients' inboxes once, and nowhere else."""
        holders: dict[int, Counter[int]] = defaultdict(Counter)
        for item in state.items:
            holders[item.notification_id][item.user] += 1
            if item.notification_id in self.withdrawn and not item.removed:
                yield f"Notification {item.notification_id}: still in the inbox of {item.user}"
        for notification_id in sorted(holders.keys() - self.sent.keys()):
            yield f"Notification {notification_id}: nobody was told that it was sent"
        for notification_id, recipients in self.sent.items():
            held = holders[notification_id]
            for user in sorted(held.keys() - recipients):
                yield f"Notification {notification_id}: in the inbox of {user}, of no recipient"
            for user, times in held.items():
                if times > 1:
                    yield f"Notification {notification_id}: {times} times in the inbox of {user}"
            # A withdrawal may have come before the dispatch reached everybody.
            if notification_id not in self.withdrawn:
                for user in sorted(recipients - held.keys()):
                    yield f"Notification {notification_id}: missing in the inbox of {user}"


def _wrong_counters(state: State) -> Iterator[str]:
    unread = Counter(i.user for i in state.items if i.listed and not i.read)
    unseen = Counter(i.user for i in state.items if i.listed and not i.read and not i.seen)
    for pk, head in state.heads.items():
        if head.unread != unread[pk]:
            yield f"Inbox of {pk}: says {head.unread} unread, holds {unread[pk]}"
        if head.unseen != unseen[pk]:
            yield f"Inbox of {pk}: says {head.unseen} unseen, holds {unseen[pk]}"


def _items(items: QuerySet[InboxItem]) -> Iterator[Item]:
    # What "listed" means is said anew here: the product's own querysets are what is checked.
    rows = items.values_list(
        "inbox__user_id", "notification_id", "revision", "arrived_revision",
        "seen_at", "read_at", "archived_at", "snoozed_until", "removed_at",
    )  # fmt: skip
    for *numbers, seen, read, archived, snoozed, removed in rows.iterator():
        yield Item(
            *numbers,
            seen=seen is not None,
            read=read is not None,
            listed=archived is snoozed is removed is None,
            removed=removed is not None,
        )


def _lines(journals: Iterable[Path]) -> Iterator[str]:
    for journal in journals:
        if journal.exists():
            yield from journal.read_text("utf-8").splitlines()
