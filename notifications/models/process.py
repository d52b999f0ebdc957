"""The server processes that live, and who is connected to each."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from notifications.models.jobs import from_now

if TYPE_CHECKING:
    from typing import Self


# A process that has been silent for so long is taken for dead, and later forgotten.
LEASE_S = 4.5
# The same while somebody looks at the live dashboard.
WATCHED_LEASE_S = 3.5
_KEPT_S = 60.0


class ProcessQuerySet(models.QuerySet["Process"]):
    def live(self) -> Self:
        """Those that gave a sign of life lately, by the database's clock."""
        # None can end later than this, unless it was given before the clock was set back.
        return self.filter(lease_until__gt=Now(), lease_until__lt=from_now(2 * LEASE_S))

    def watched(self) -> Self:
        """Those through which somebody looks at the live dashboard."""
        return self.filter(watched_until__gt=Now(), watched_until__lt=from_now(2 * LEASE_S))

    def forgotten(self) -> Self:
        """Those that have not been heard of for a while."""
        return self.filter(
            Q(lease_until__lt=from_now(-_KEPT_S)) | Q(lease_until__gt=from_now(_KEPT_S))
        )


class Process(models.Model):
    """A server process. It renews its lease, so one that was killed is known by its silence."""

    id = models.CharField(primary_key=True, max_length=32)
    started_at = models.DateTimeField()
    lease_until = models.DateTimeField(db_index=True)
    # How many streams are open, by transport.
    streams: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    # The ids of the inboxes that have one, 8 bytes each.
    inboxes = models.BinaryField(default=b"")
    # Where it runs, and what of: for people.
    host = models.CharField(max_length=64, default="")
    pid = models.PositiveIntegerField(default=0)
    version = models.CharField(max_length=32, default="")
    # What it says of itself (process/figures.py).
    figures: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    # What it had counted when this row was made: something, if it was forgotten and is back.
    counted_before: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict
    )
    # Until when somebody looks at the live dashboard through it; then all say more often how they
    # are.
    watched_until = models.DateTimeField(null=True)
    # When somebody asked it to end; it looks itself.
    drain_asked_at = models.DateTimeField(null=True)

    objects = ProcessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "processes"
        permissions = [
            ("view_dashboard", "Can watch the live dashboard"),
            ("drain_process", "Can drain a server process"),
        ]

    def __str__(self) -> str:
        return f"Process {self.id}"

    @property
    def name(self) -> str:
        """What people know it by."""
        return f"{self.host}:{self.pid}"


def pack(inbox_ids: Iterable[int]) -> bytes:
    """Ids as ``Process.inboxes`` holds them, in their order."""
    return array("q", sorted(inbox_ids)).tobytes()


def unpack(packed: bytes | memoryview[int]) -> Iterable[int]:
    """The ids of ``pack``."""
    return array("q", bytes(packed))
