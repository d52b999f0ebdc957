"""That what a notification says was changed."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from notifications.models.lease import Leased
from notifications.models.notification import Notification


class EditManager(models.Manager["Edit"]):
    def begin(self, notification_id: int, *, upto: int) -> Edit:
        """Let the walk begin, or begin anew: whoever is on it has lost its lease and stops.

        Call it with the notification's row locked. Beginning anew is enough for both edits, since
        states are absolute: whoever was told of the first reads the content of the second.

        Args: upto: the cursor of the dispatch. What it has not reached gets the new content.
        """
        anew: dict[str, Any] = {
            "cursor": 0,
            "upto": upto,
            "lease": "",
            "lease_until": None,
            "finished_at": None,
        }
        anew["begun_at"] = timezone.now()
        return self.update_or_create(notification_id=notification_id, defaults=anew)[0]


class Edit(Leased):
    """A walk that gives the inboxes which hold a notification a revision each."""

    notification = models.OneToOneField(
        Notification, on_delete=models.CASCADE, primary_key=True, related_name="edit"
    )
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = EditManager()

    class Meta:
        indexes = [
            models.Index(fields=["lease_until"], name="edit_due", condition=Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        return f"Edit of {self.notification_id}"
