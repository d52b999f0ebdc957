"""What the database says of all processes together, by a few questions that an index answers."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, Max, Sum

from notifications.models import InboxItem, Notification, Status


@dataclass(frozen=True, slots=True)
class Totals:
    # Inboxes that what is being sent has not reached yet.
    backlog: int
    # Notifications that wait for their time.
    scheduled: int
    # The highest id of an item: ids rise, so between two looks so many were sent.
    items: int


def read() -> Totals:
    """Raises: DatabaseError"""
    sending = Notification.objects.filter(status=Status.SENDING)
    done = F("item_count") + F("muted_count") + F("off_count")
    left = sending.aggregate(left=Sum(F("recipient_count") - done))["left"]
    return Totals(
        backlog=max(0, left or 0),
        scheduled=Notification.objects.filter(status=Status.SCHEDULED).count(),
        items=InboxItem.objects.aggregate(highest=Max("pk"))["highest"] or 0,
    )
