"""What a sender is shown of a notification's way: how many have it, saw it, read it."""

from __future__ import annotations

from django.db import models

from notifications.models.notification import Notification


class Stats(models.Model):
    """A notification's counts as they were a few seconds ago.

    Beside ``recipient_count`` and ``item_count``, which the dispatch keeps on the notification
    itself. Never below 0 in the end, but maybe for a moment: two dispatchers may add what was done
    to one item in another order.
    """

    notification = models.OneToOneField(
        Notification, on_delete=models.CASCADE, primary_key=True, related_name="stats"
    )
    delivered_count = models.IntegerField(default=0)
    seen_count = models.IntegerField(default=0)
    read_count = models.IntegerField(default=0)

    class Meta:
        verbose_name_plural = "stats"

    def __str__(self) -> str:
        return f"Figures of {self.notification_id}"


class StatsDelta(models.Model):
    """What is still to be added to a notification's figures; written with the change itself.

    A mark on the notification's own row would let everybody who reads it wait for everybody else.
    The acts of one recipient share a row, so whoever marks something read and unread a thousand
    times leaves as much to add as who did so once. Receipts, which tell of each item once, have no
    inbox here and need none.
    """

    notification_id = models.BigIntegerField()
    inbox_id = models.BigIntegerField(null=True)
    delivered = models.IntegerField(default=0)
    seen = models.IntegerField(default=0)
    read = models.IntegerField(default=0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(
                fields=["notification_id", "inbox_id"], name="notifications_tally_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Notification {self.notification_id}: {self.delivered}, {self.seen}, {self.read}"
