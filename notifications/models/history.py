"""What the live dashboard shows of the last day: rings of slots, so that the table does not grow.

Two rings: one of ten seconds for an hour, one of two minutes for a day. A slot each second would be
a commit each second, all day and for nobody; what happens within ten is seen by whoever looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models


@dataclass(frozen=True, slots=True)
class Ring:
    """Slots of so many seconds, in so many rows."""

    step_s: int
    count: int
    # The key of its first row.
    first: int

    def slot_at(self, second: float) -> int:
        """The slot in which a second (since 1970) is: when that begins."""
        return int(second) // self.step_s * self.step_s

    def place(self, slot: int) -> int:
        """The key of the row that holds this slot, and held another once."""
        return self.first + slot // self.step_s % self.count

    @property
    def span_s(self) -> int:
        return self.step_s * self.count


FINE = Ring(step_s=10, count=360, first=0)
COARSE = Ring(step_s=120, count=720, first=1000)


class HistorySlot(models.Model):
    """What happened within a slot, and how it was at its end."""

    # The place in its ring.
    id = models.PositiveIntegerField(primary_key=True)
    # When it begins, in seconds since 1970.
    slot = models.BigIntegerField()
    figures: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    # What each process had counted by then; only in the newest slot.
    readings: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"Slot {self.slot}"
