"""The server processes that live, and who is connected to each."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models
from django.db.models.functions import Now

if TYPE_CHECKING:
    from typing import Self


class ProcessQuerySet(models.QuerySet["Process"]):
    def live(self) -> Self:
        """Those that gave a sign of life lately, by the database's clock."""
        return self.filter(lease_until__gt=Now())


class Process(models.Model):
    """A server process. It renews its lease, so one that was killed is known by its silence."""

    id = models.CharField(primary_key=True, max_length=32)
    started_at = models.DateTimeField()
    lease_until = models.DateTimeField(db_index=True)
    # How many streams are open, by transport.
    streams: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    # The ids of the users who have one, 8 bytes each.
    users = models.BinaryField(default=b"")

    objects = ProcessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "processes"

    def __str__(self) -> str:
        return f"Process {self.id}"


def pack(user_ids: Iterable[int]) -> bytes:
    """Ids as ``Process.users`` holds them, in their order."""
    return array("q", sorted(user_ids)).tobytes()


def unpack(packed: bytes | memoryview[int]) -> Iterable[int]:
    """The ids of ``pack``."""
    return array("q", bytes(packed))
