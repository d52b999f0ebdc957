"""Rows of work that is done chunk by chunk and outlives the process that does it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import DateTimeField, ExpressionWrapper, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def from_now(seconds: float) -> ExpressionWrapper[Any]:
    """The moment so many seconds from now, by the clock of the database: all processes share it."""
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTimeField())


class Leased(models.Model):
    """A job over inboxes in the order of their ids: how far it is, and who works.

    Whoever works holds a lease and writes its token; the token and the cursor together are the
    fence: a process that lost its lease finds either of them changed, and stops.
    """

    # The last inbox id that is done with.
    cursor = models.BigIntegerField(default=0, editable=False)
    # The last inbox id of the job; null until the job is accepted.
    upto = models.BigIntegerField(null=True, editable=False)
    lease = models.CharField(max_length=32, default="", editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


class EditManager(models.Manager["Edit"]):
    def begin(self, notification_id: int, *, upto: int) -> Edit:
        """Let the job begin, or begin anew: whoever is on it has lost its lease and stops.

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
    """A job that gives the inboxes which hold a notification a revision each."""

    notification = models.OneToOneField(
        "notifications.Notification",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="edit",
    )
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = EditManager()

    class Meta:
        indexes = [
            models.Index(
                fields=["lease_until"], name="notifications_edit_due", condition=Q(finished_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"Edit of {self.notification_id}"


class Removal(Leased):
    """A job that makes tombstones of a notification's items."""

    class Reason(models.TextChoices):
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")

    notification = models.OneToOneField(
        "notifications.Notification",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="removal",
    )
    reason = models.CharField(max_length=9, choices=Reason)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["lease_until"],
                name="notifications_removal_due",
                condition=Q(finished_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"Removal of {self.notification_id}: {self.reason}"
