"""What a sender is shown of a notification's way: how many have it, saw it, read it."""

from __future__ import annotations

from django.db import models

from notifications.models.notification import Notification


class Figures(models.Model):
    """A notification's counts as they were a few seconds ago.

    Beside ``recipient_count`` and ``item_count``, which the dispatch keeps on the notification
    itself. ``version`` rises with each writing: who counted before somebody else wrote finds it
    changed, and writes nothing.
    """

    notification = models.OneToOneField(
        Notification, on_delete=models.CASCADE, primary_key=True, related_name="figures"
    )
    delivered_count = models.PositiveIntegerField(default=0)
    seen_count = models.PositiveIntegerField(default=0)
    read_count = models.PositiveIntegerField(default=0)
    version = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "figures"

    def __str__(self) -> str:
        return f"Figures of {self.notification_id}"


class Touch(models.Model):
    """That figures of a notification have changed and are to be counted anew.

    Written with the change itself, and only ever added: a mark on the notification's own row would
    let everybody who reads it wait for everybody else.
    """

    notification_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"Notification {self.notification_id} was touched"
