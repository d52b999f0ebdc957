"""One timer for all streams of a process: a task each would cost more than the streams do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from notifications.process import supervisor

T = TypeVar("T")

_STEP_S = 0.25
# Of many that are due in the same step the event loop has a rest after so many.
_AT_ONCE = 100


class TimerWheel(Generic[T]):
    """Calls ``due(thing, now)`` within a step after the time that the thing was scheduled for."""

    def __init__(self, due: Callable[[T, float], None]) -> None:
        self._due = due
        self._slots: dict[int, set[T]] = {}
        self._slot_of: dict[T, int] = {}
        self._done = _slot(time.monotonic())

    def schedule(self, thing: T, at: float) -> None:
        """Call for ``thing`` at ``at`` (monotonic seconds), instead of when it was due before."""
        slot = max(_slot(at) + 1, self._done + 1)
        if self._slot_of.get(thing) == slot:
            return
        self.cancel(thing)
        self._slot_of[thing] = slot
        self._slots.setdefault(slot, set()).add(thing)

    def cancel(self, thing: T) -> None:
        slot = self._slot_of.pop(thing, None)
        if slot is not None:
            # Not there while the things of that very slot are called for.
            self._slots.get(slot, set()).discard(thing)

    def advance(self, now: float) -> None:
        """Call for all that is due."""
        for _ in self._calling(now):
            pass

    def _calling(self, now: float) -> Iterator[None]:
        """Call for all that is due, one after the other; what is cancelled meanwhile is not."""
        slot = _slot(now)
        # After a pause (a stopped process, a suspended machine) only what is there is walked over.
        behind = slot - self._done
        slots = (
            range(self._done + 1, slot + 1)
            if behind <= len(self._slots)
            else sorted(n for n in self._slots if n <= slot)
        )
        self._done = max(self._done, slot)
        for n in slots:
            for thing in self._slots.pop(n, ()):
                if self._slot_of.get(thing) == n:
                    del self._slot_of[thing]
                    # All the others are waiting.
                    supervisor.attempt("a timer", self._due, thing, now)
                    yield

    async def run(self) -> None:
        """Advance for ever."""
        while True:
            await asyncio.sleep(_STEP_S)
            for called, _ in enumerate(self._calling(time.monotonic()), 1):
                if called % _AT_ONCE == 0:
                    await asyncio.sleep(0)


def _slot(moment: float) -> int:
    return int(moment / _STEP_S)
