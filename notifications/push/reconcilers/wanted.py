"""What a reconciler is to look at next: what was asked for while it looked goes together."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection

from notifications.push import wakes
from notifications.push.wakes import Inboxes

# Those who are named wait so long for others: their streams were told to read at once.
_GATHER_S = 0.1
# Of whom hints have told, likewise: nothing waits for that look, and it says the same of all of
# them to each stream, so that broadcasts that come soon one after the other share it.
_GATHER_TOLD_S = 0.5
# After a look at all the thread rests for four times as long as that took, before it looks at all
# again: a fifth of a core, where commits pour in.
_REST_TIMES_OF_ALL = 4


class Wanted:
    """Asked for by any thread, and taken by one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._some: Collection[int] = ()
        self._is_all = self._is_urgent = False
        # Before these moments nothing is taken that a wake asks for.
        self._some_from = self._all_from = float("-inf")
        # When all are to be looked at, of whom hints have told.
        self._told_from = float("inf")
        # When the last look at all was given out; and whether it is still under way.
        self._all_at = float("-inf")
        self._was_all = False

    def at_once(self) -> None:
        """Look at all, without a rest before it."""
        with self._changed:
            self._is_urgent = True
            self._changed.notify()

    def add(self, inboxes: Inboxes, *, are_told: bool = False) -> None:
        """Look at these; None: at all.

        Args: are_told: hints have told of what is new there, so that nobody waits for the look.
        """
        with self._changed:
            found = wakes.together(self._some, inboxes)
            if found is None and are_told:
                self._told_from = min(self._told_from, time.monotonic() + _GATHER_TOLD_S)
            elif found is None:
                self._is_all = True
            else:
                if not self._some:
                    self._some_from = time.monotonic() + _GATHER_S
                self._some = found
            self._changed.notify()

    def next(self, every_s: float) -> Inboxes:
        """Wait for what is to be looked at next; None: all, for which it is time by itself, too.

        Args: every_s: the most between two looks at all.
        """
        with self._changed:
            self._rest(time.monotonic())
            while True:
                now = time.monotonic()
                all_from = self._all_at + every_s
                if self._is_all:
                    all_from = min(all_from, self._all_from)
                all_from = min(all_from, max(self._all_from, self._told_from))
                if self._is_urgent or now >= all_from:
                    self._give_all(now)
                    return None
                some_from = self._some_from if self._some else all_from
                if self._some and now >= some_from:
                    found, self._some = self._some, ()
                    return found
                self._changed.wait(min(all_from, some_from) - now)

    def _rest(self, now: float) -> None:
        """The look that was given out has ended now."""
        if self._was_all:
            self._all_from = now + _REST_TIMES_OF_ALL * (now - self._all_at)
        self._was_all = False

    def _give_all(self, now: float) -> None:
        self._all_at = now
        self._told_from = float("inf")
        self._was_all, self._is_all, self._is_urgent, self._some = True, False, False, ()
