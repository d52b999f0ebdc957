"""Why a notification is not to be seen: only to somebody who had it."""

from __future__ import annotations

from enum import Enum
from typing import Any

from notifications.models import Inbox, InboxItem
from notifications.models.notification import Status


class Gone(Enum):
    """What has become of a notification that was in somebody's inbox."""

    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REMOVED = "removed"


def why(user_id: Any, notification_id: int) -> Gone | None:
    """What has become of it; None where this user never had it, or there was none, both alike."""
    inbox = Inbox.objects.filter(user_id=user_id).values("pk")[:1]
    item = InboxItem.objects.filter(inbox_id__in=inbox, notification_id=notification_id)
    had = item.exclude(removed_at=None).values_list(
        "notification__status", "notification__expired_at"
    )
    found = had.first()
    if found is None:
        return None
    status, expired_at = found
    if status == Status.WITHDRAWN:
        return Gone.WITHDRAWN
    return Gone.EXPIRED if expired_at is not None else Gone.REMOVED
