"""Why a notification is not to be seen: only to somebody who had it."""

from __future__ import annotations

from enum import Enum
from typing import Any

from notifications.inbox import reading
from notifications.models.notification import Status


class Gone(Enum):
    """What has become of a notification that was in somebody's inbox."""

    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REMOVED = "removed"


def why(user_id: Any, notification_id: int) -> Gone | None:
    """What has become of it; None where this user never had it, or there was none, both alike."""
    item = reading.items_of(user_id).filter(notification_id=notification_id)
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
