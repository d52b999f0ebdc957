"""That a notification is to leave all inboxes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models.lease import Leased
from notifications.models.notification import Notification


class Removal(Leased):
    """A walk that makes tombstones of a notification's items."""

    class Reason(models.TextChoices):
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")

    notification = models.OneToOneField(
        Notification, on_delete=models.CASCADE, primary_key=True, related_name="removal"
    )
    reason = models.CharField(max_length=9, choices=Reason)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["lease_until"], name="removal_due", condition=Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        return f"Removal of {self.notification_id}: {self.reason}"
