"""When a stream pings, and until when the answer may take. Plain bookkeeping, without a clock."""

from __future__ import annotations

import math
from dataclasses import dataclass

from notifications.stream.messages import Limits
from notifications.wire import contract
from notifications.wire.contract import CloseCode


@dataclass(slots=True)
class Heartbeat:
    """Times are seconds of a monotonic clock."""

    interval_s: float
    next_at: float
    # Whether the client can answer; else its own silence is for the server's TCP to notice.
    is_answered: bool
    pong_due_at: float | None = None

    @classmethod
    def of(cls, limits: Limits, born_at: float) -> Heartbeat:
        """That of a stream which has just begun."""
        interval_s = limits.ping_interval_s
        first_at = first_beat(born_at, interval_s * limits.first_ping_share)
        return cls(interval_s, first_at, limits.is_answered)

    def take_beat(self, now: float) -> bool:
        """Whether it is time for a ping; if so, the next is an interval away."""
        if now < self.next_at:
            return False
        self.next_at = now + self.interval_s
        return True

    def deadline(self) -> float:
        """When the next ping is to be sent, or the last one's pong should have come."""
        return self.next_at if self.pong_due_at is None else min(self.next_at, self.pong_due_at)

    def pinged(self, now: float, outstanding_bytes: int) -> None:
        """A ping goes out, behind so much that the client must take first."""
        if self.is_answered and self.pong_due_at is None:
            self.pong_due_at = now + contract.PONG_TIMEOUT_S + way_s(outstanding_bytes)

    def ponged(self) -> None:
        self.pong_due_at = None

    def missed(self, now: float, outstanding_bytes: int) -> CloseCode | None:
        """What it means that a pong should have come by now; None: none should have."""
        if self.pong_due_at is None or now < self.pong_due_at:
            return None
        return CloseCode.TOO_SLOW if outstanding_bytes > 0 else CloseCode.NO_PONG


def first_beat(born_at: float, wait_s: float) -> float:
    """When the first ping is due, after this time at the latest.

    In whole seconds: so a process wakes up once for those of many streams, and not for each.
    """
    return max(born_at, math.floor(born_at + wait_s))


def way_s(size_bytes: int) -> float:
    """How long so much may be on its way to the slowest client that we bear with."""
    return size_bytes / contract.SLOWEST_BYTES_PER_S
