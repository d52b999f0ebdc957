"""Walks that are under way beside each other: a chunk each in turn, so that none waits for another.

A process may be on a few large sends, edits and removals at once, and takes up what has just come
between any two of their chunks: who sends to a hundred people does not wait for who sends to a
hundred thousand.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Collection, Sequence
from threading import Event
from typing import Generic, TypeVar

from django.db import DatabaseError, InterfaceError, connection

from notifications import supervisor
from notifications.walks import Walk, pause

logger = logging.getLogger(__name__)

Key = TypeVar("Key")

# Rows of one kind that one look finds; the next finds those that are then left.
_MOST_ROWS = 1000
# Leases that a process holds at a time. Beyond them a walk is let go after each chunk.
_MOST_LEASES = 8
# Seconds for which something that failed is left alone, twice as long each time it fails again;
# not for long where it is the database that failed, for that may be well again.
_FIRST_REST_S, _LONGEST_REST_S = 0.1, 300.0
_DATABASE_REST_S = 2.0


class Failed(Generic[Key]):
    """What has failed, and when it is tried again: what goes on failing must hold nobody up."""

    def __init__(self) -> None:
        self._tries: dict[Key, tuple[int, float]] = {}

    def add(self, key: Key, error: Exception) -> int:
        """It has failed once more. Returns: how often, in a row."""
        count = self._tries.get(key, (0, 0.0))[0] + 1
        longest_s = _DATABASE_REST_S if is_of_database(error) else _LONGEST_REST_S
        rest_s = min(longest_s, _FIRST_REST_S * 2 ** min(count - 1, 30))
        self._tries[key] = count, time.monotonic() + rest_s
        return count

    def forgive(self, key: Key) -> None:
        self._tries.pop(key, None)

    def resting(self) -> Collection[Key]:
        """What is left alone just now."""
        now = time.monotonic()
        # Long after its rest it is not there any more, or somebody else has done it.
        self._tries = {
            key: (count, until)
            for key, (count, until) in self._tries.items()
            if now < until + 2 * _LONGEST_REST_S
        }
        return {key for key, (_, until) in self._tries.items() if now < until}


def is_of_database(error: Exception) -> bool:
    """Whether the database said so, which may be of it and not of what was asked."""
    return isinstance(error, DatabaseError | InterfaceError)


class Rounds:
    """The walks that one process does. Belongs to one thread."""

    def __init__(self, kinds: Sequence[type[Walk]]) -> None:
        # Two lines for each kind: those that have not begun, of which most end with their first
        # chunk, and those under way. The lines take turns, so no kind and no flood of new ones
        # keeps the others from going on.
        self._lines: deque[deque[Walk]] = deque()
        self._new: dict[type[Walk], deque[Walk]] = {kind: deque() for kind in kinds}
        self._going: dict[type[Walk], deque[Walk]] = {kind: deque() for kind in kinds}
        for kind in kinds:
            self._lines += (self._new[kind], self._going[kind])
        self._held = 0
        self._failed: Failed[tuple[type[Walk], int]] = Failed()

    def look(self) -> None:
        """Line up what nobody is on.

        Raises: DatabaseError
        """
        resting = self._failed.resting()
        for kind, new in self._new.items():
            known = {walk.pk for line in (new, self._going[kind]) for walk in line}
            known |= {pk for failed, pk in resting if failed is kind}
            free = kind.unclaimed()
            if known:
                free = free.exclude(pk__in=sorted(known)[:_MOST_ROWS])
            # Sorted here: for an ORDER BY, SQLite would walk over the whole table by its key.
            found = sorted(free.values_list("pk", flat=True)[:_MOST_ROWS])
            new.extend(kind(pk) for pk in found if pk not in known)

    def turn(self, stop: Event) -> bool:
        """Do one chunk of the walk whose turn it is. Returns: whether there was one."""
        for _ in range(len(self._lines)):
            line = self._lines[0]
            self._lines.rotate(-1)
            if line:
                self._go_on(line.popleft(), stop)
                return True
        return False

    def let_go(self) -> None:
        """Leave all walks to others, who may go on at once."""
        for line in self._lines:
            for walk in line:
                if walk.is_claimed:
                    walk.release()
            line.clear()
        self._held = 0

    def _go_on(self, walk: Walk, stop: Event) -> None:
        was_held = walk.is_claimed
        started = time.monotonic()
        try:
            goes_on = (was_held or walk.claim()) and walk.step() and not walk.is_done
        except Exception as error:  # noqa: BLE001 (whatever it is, the others must go on)
            self._held -= was_held
            self._give_up(walk, error, stop)
            return
        self._failed.forgive((type(walk), walk.pk))
        self._held += goes_on - was_held
        if goes_on and self._held > _MOST_LEASES:
            # It lines up anew, behind those that nobody holds either.
            walk.release()
            self._held -= 1
        if goes_on:
            self._going[type(walk)].append(walk)
        pause(time.monotonic() - started, stop)

    def _give_up(self, walk: Walk, error: Exception, stop: Event) -> None:
        """Leave a walk alone for a while; it is tried again here, or by somebody else."""
        name = f"{type(walk).__name__} {walk.pk}"
        count = self._failed.add((type(walk), walk.pk), error)
        if not is_of_database(error):
            logger.error("%s cannot go on; try %s failed: %r", name, count, error)
            supervisor.report("dispatcher", error)
        elif connection.in_atomic_block:
            raise error  # the transaction around us is broken; only its owner can begin anew
        else:
            logger.warning("%s: try %s failed: %s", name, count, str(error).strip())
            connection.close()
            # It may be the database's, and that of all walks.
            stop.wait(_FIRST_REST_S)
        walk.release()
