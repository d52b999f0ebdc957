"""Whose turn it is: how many may be at work at once, of all and of one, and who waits for how long.

It knows nothing of requests. All of it happens on one event loop.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Caller:
    """Who asks: one address may be that of many, whom ``name`` tells apart.

    Args: most: how many of it are at work at once; 0: no limit.
    """

    name: str
    address: str
    most: int


@dataclass(frozen=True)
class Limits:
    """How many are at work at once (0: no limit); how many wait, of all, of one address and of one
    caller; and how long.
    """

    most: int
    waiting_most: int
    addresses_waiting_most: int
    callers_waiting_most: int
    patience_s: float


class Refused(Exception):
    """It is not this one's turn, and will not be soon. ``own_fault``: it has asked too much."""

    def __init__(self, *, own_fault: bool) -> None:
        super().__init__("too many at once")
        self.own_fault = own_fault


@dataclass(eq=False)
class Turn:
    """One that works or waits."""

    caller: Caller
    begins: asyncio.Event = field(default_factory=asyncio.Event)


class Turns:
    """Gives turns: first to an address that has the fewest at work, then to a caller of it that has
    the fewest, then to who has waited longest. So a crowd in front of us holds up itself.

    Args: limits: asked each time, since settings may change.
    """

    def __init__(self, limits: Callable[[], Limits]) -> None:
        self._limits = limits
        self._working: set[Turn] = set()
        # In the order in which they came.
        self._waiting: dict[Turn, None] = {}

    def require_room(self, caller: Caller) -> None:
        """Raises: Refused: another one of this caller could not even wait."""
        limits = self._limits()
        theirs = [turn.caller for turn in self._waiting if turn.caller.address == caller.address]
        if (
            len(theirs) >= limits.addresses_waiting_most
            or theirs.count(caller) >= limits.callers_waiting_most
        ):
            raise Refused(own_fault=True)
        if len(self._waiting) >= limits.waiting_most:
            raise Refused(own_fault=False)

    async def begin(self, caller: Caller) -> Turn:
        """Wait for a turn, which ``end`` gives back.

        Raises: Refused: too many wait already, or it did not come in time.
        """
        self.require_room(caller)
        turn = Turn(caller)
        self._waiting[turn] = None
        self._go_on()
        try:
            async with asyncio.timeout(self._limits().patience_s):
                await turn.begins.wait()
        except TimeoutError:
            is_busy = self._has_enough(caller)
            self.end(turn)
            raise Refused(own_fault=is_busy) from None
        except asyncio.CancelledError:
            self.end(turn)
            raise
        return turn

    def end(self, turn: Turn) -> None:
        """It works, or waits, no more: others may begin."""
        self._waiting.pop(turn, None)
        self._working.discard(turn)
        self._go_on()

    def _go_on(self) -> None:
        while (turn := self._next()) is not None:
            del self._waiting[turn]
            self._working.add(turn)
            turn.begins.set()

    def _next(self) -> Turn | None:
        limits = self._limits()
        if not self._waiting or (limits.most and len(self._working) >= limits.most):
            return None
        callers = Counter(turn.caller for turn in self._working)
        addresses = Counter(turn.caller.address for turn in self._working)
        return min(
            (turn for turn in self._waiting if not self._has_enough(turn.caller)),
            # Of equals the first is taken, which came first.
            key=lambda turn: (addresses[turn.caller.address], callers[turn.caller]),
            default=None,
        )

    def _has_enough(self, caller: Caller) -> bool:
        theirs = sum(turn.caller == caller for turn in self._working)
        return bool(caller.most) and theirs >= caller.most
