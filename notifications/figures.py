"""What became of a notification: in how many inboxes it is, and how far it got there."""

from __future__ import annotations

from django.db.models import Count, Q

from notifications.models import InboxItem


def of(notification_id: int) -> dict[str, int]:
    """Counted now, over the notification's items; those that were removed count too.

    Returns: ``delivered_count``, ``seen_count`` and ``read_count``. Seen implies delivered.
    """
    items = InboxItem.objects.filter(notification_id=notification_id)
    return items.aggregate(
        delivered_count=Count(
            "pk", filter=Q(delivered_at__isnull=False) | Q(seen_at__isnull=False)
        ),
        seen_count=Count("pk", filter=Q(seen_at__isnull=False)),
        read_count=Count("pk", filter=Q(read_at__isnull=False)),
    )
