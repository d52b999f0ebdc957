"""What acts say of themselves, inside their transaction. Who listens is not their business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from django.dispatch import Signal

from notifications.models import Notification
from notifications.models.inbox import InboxNow

# Sent with the ``changes``, in their order, that a transaction has written in bulk: Django's own
# signals say nothing of them.
inboxes_changed = Signal()


@dataclass(frozen=True, slots=True)
class Arrived:
    """A notification has come into these inboxes, at the revisions that it took there."""

    notification: Notification
    arrived_at: datetime
    inboxes: Sequence[InboxNow]


@dataclass(frozen=True, slots=True)
class Removed:
    """A notification has gone out of these inboxes, at their present revisions."""

    notification_id: int
    inboxes: Sequence[InboxNow]


@dataclass(frozen=True, slots=True)
class Edited:
    """A notification in these inboxes, at their present revisions, says something else now."""

    inboxes: Sequence[InboxNow]


@dataclass(frozen=True, slots=True)
class Woken:
    """Notifications in these inboxes have come back from a snooze; of one inbox maybe several.

    ``inboxes``: as they stand after the last of these.
    """

    inboxes: Sequence[InboxNow]


Change: TypeAlias = Arrived | Removed | Edited | Woken
