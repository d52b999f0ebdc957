"""How often one sender may tell everyone something: people, and programs with a key.

By the rows themselves, so that it holds over all processes and through a restart. Of two that one
sender makes at once the second is counted when the first is stored.
"""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from notifications.conf import conf
from notifications.models import Notification
from notifications.models.audiences import KINDS

_HOUR = timedelta(hours=1)


class QuotaExceeded(Exception):
    """Nothing was sent; ``wait_s`` are the seconds until there is room for one."""

    def __init__(self, most: int, wait_s: int) -> None:
        self.wait_s = wait_s
        minutes = math.ceil(wait_s / 60)
        super().__init__(
            f"One sender tells everyone something at most {most} times an hour; the next time is "
            f"in {minutes} min. Nothing was sent."
        )


def applies_to(notification: Notification) -> bool:
    """Whether its sender has but so many of its kind."""
    return bool(_most()) and KINDS[notification.audience_kind].is_limited


def wait_for_turn(notification: Notification) -> None:
    """Be, until the transaction that is open ends, the only one who counts this sender's."""
    if connection.vendor == "postgresql":
        sender = notification.sent_by or notification.idempotency_scope
        digest = hashlib.sha256(f"notifications.sending.quota {sender}".encode()).digest()
        with connection.cursor() as cursor:
            number = int.from_bytes(digest[:8], "big", signed=True)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
    # SQLite has one writer at a time, and the transaction began as one.


def require_room(notification: Notification, now: datetime | None = None) -> None:
    """Let the sender of a notification that is not stored yet tell everyone, or not.

    Raises: QuotaExceeded
    """
    if not applies_to(notification):
        return
    most = _most()
    now = now or timezone.now()
    theirs = (
        Q(sent_by=notification.sent_by)
        if notification.sent_by
        else Q(idempotency_scope=notification.idempotency_scope)
    )
    recent = Notification.objects.filter(
        theirs, audience_kind=notification.audience_kind, created_at__gt=now - _HOUR
    )
    made = list(recent.order_by("-created_at").values_list("created_at", flat=True)[:most])
    if len(made) == most:
        raise QuotaExceeded(most, math.ceil((made[-1] + _HOUR - now).total_seconds()))


def _most() -> int:
    most: int = conf.EVERYONE_RATE_PER_H
    return most
