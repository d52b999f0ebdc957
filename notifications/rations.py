"""How often one sender may tell everyone something: people, and programs with a key.

By the rows themselves, so that it holds over all processes and through a restart.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from notifications.audiences import Everyone
from notifications.models import Notification

_HOUR = timedelta(hours=1)


class TooOften(Exception):
    """Nothing was sent; ``wait_s`` are the seconds until there is room for one."""

    def __init__(self, most: int, wait_s: int) -> None:
        self.wait_s = wait_s
        minutes = math.ceil(wait_s / 60)
        super().__init__(
            f"One sender tells everyone something at most {most} times an hour; the next time is "
            f"in {minutes} min. Nothing was sent."
        )


def require_room(notification: Notification, now: datetime | None = None) -> None:
    """Let the sender of a notification that is not stored yet tell everyone, or not.

    Raises: TooOften
    """
    most: int = settings.NOTIFICATIONS_EVERYONE_RATE_PER_H
    if not most or notification.audience_kind != Everyone.kind:
        return
    now = now or timezone.now()
    theirs = (
        Q(sent_by=notification.sent_by)
        if notification.sent_by
        else Q(idempotency_scope=notification.idempotency_scope)
    )
    recent = Notification.objects.filter(
        theirs, audience_kind=Everyone.kind, created_at__gt=now - _HOUR
    )
    made = list(recent.order_by("-created_at").values_list("created_at", flat=True)[:most])
    if len(made) == most:
        raise TooOften(most, math.ceil((made[-1] + _HOUR - now).total_seconds()))
