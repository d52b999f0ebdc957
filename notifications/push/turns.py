"""When each of many is looked at again: once in a period at the least, and evenly spread over it.

A round robin with deadlines. Plain bookkeeping, without a clock: times are seconds of a monotonic
one. What must be done by its deadline is done so much earlier that each step has nearly the same to
do, however many have come in one moment, as after a server has died.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Generic, TypeVar

T = TypeVar("T")

# Slots of a period. Within one nobody is told from the others: all count as its first does.
_SLOTS = 60
# A step is as long as a slot, between these.
_STEP_S = 0.05, 1.0
# For fewer nothing is asked, unless their time has come: then as many come along.
_FEW = 25


def step_s(period_s: float) -> float:
    """The time between two steps, of which each ``take`` is one."""
    least, most = _STEP_S
    return min(max(period_s / _SLOTS, least), most)


@dataclass(slots=True, eq=False)
class _Slot(Generic[T]):
    at: float
    things: set[T] = field(default_factory=set)


class Turns(Generic[T]):
    """Whose turn it is. ``period_s`` may be another from call to call.

    None waits longer than the period, as long as no two steps are more than twice ``step_s`` apart.
    """

    def __init__(self) -> None:
        self._slots: dict[float, _Slot[T]] = {}
        self._slot_of: dict[T, _Slot[T]] = {}

    def add(self, thing: T, at: float, period_s: float) -> None:
        """It was looked at, at that time, whether it was known before or not."""
        self.discard(thing)
        # Rounded down: nobody may wait longer for that.
        began = at - at % (period_s / _SLOTS)
        slot = self._slots.get(began)
        if slot is None:
            slot = self._slots[began] = _Slot(began)
        slot.things.add(thing)
        self._slot_of[thing] = slot

    def looked_at(self, things: Iterable[T], at: float, period_s: float) -> None:
        """They were looked at, at that time; those that have gone meanwhile stay away."""
        for thing in things:
            if thing in self._slot_of:
                self.add(thing, at, period_s)

    def discard(self, thing: T) -> None:
        """It is not there any more."""
        slot = self._slot_of.pop(thing, None)
        if slot is None:
            return
        slot.things.discard(thing)
        if not slot.things:
            del self._slots[slot.at]

    def take(self, now: float, period_s: float) -> list[T]:
        """Those to look at in this step, the oldest first; they count as looked at from now on."""
        slots = [self._slots[at] for at in sorted(self._slots)]
        count = _wanted(slots, now, period_s)
        taken = list(islice(chain.from_iterable(slot.things for slot in slots), count))
        self.looked_at(taken, now, period_s)
        return taken


def _wanted(slots: Iterable[_Slot[T]], now: float, period_s: float) -> int:
    """How many of the oldest: so that what is due by any deadline can go on as evenly until then.

    Args: slots: the oldest first.
    """
    wanted, count, is_due = 0, 0, False
    for slot in slots:
        count += len(slot.things)
        # One less than there are: a step may be late.
        steps_left = max(1, int((slot.at + period_s - now) / step_s(period_s)) - 1)
        wanted = max(wanted, -(-count // steps_left))
        is_due |= steps_left == 1
    return max(wanted, _FEW) if is_due or wanted >= _FEW else 0
