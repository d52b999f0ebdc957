"""What a peer may still be sent, and how often it may ask. Plain bookkeeping, without a clock."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from notifications.wire import contract


@dataclass(slots=True)
class Window:
    """The bytes of content that a client has been sent and has not acknowledged."""

    acknowledged: int = 0
    outstanding_bytes: int = 0
    # The revisions and sizes of frames that are on their way, one after the other. None while there
    # are none, which is nearly always: an empty list takes 56 bytes of each connection.
    _sent: list[int] | None = None

    def reset(self, revision: int) -> None:
        """The client is at ``revision``; what was sent before counts no longer."""
        self.acknowledged = revision
        self.outstanding_bytes = 0
        self._sent = None

    def sent(self, revision: int, size_bytes: int) -> None:
        """A frame that brings the client to ``revision`` is on its way."""
        if revision <= self.acknowledged:
            return  # no acknowledgement will come for it
        if self._sent is None:
            self._sent = [revision, size_bytes]
        else:
            self._sent += (revision, size_bytes)
        self.outstanding_bytes += size_bytes

    def acknowledge(self, revision: int) -> None:
        """The client holds ``revision``; an older one than before says nothing."""
        self.acknowledged = max(self.acknowledged, revision)
        sent = self._sent
        if sent is None or sent[0] > revision:
            return
        if sent[-2] <= revision:
            self._sent, self.outstanding_bytes = None, 0
            return
        first = bisect_right(sent[::2], revision)
        del sent[: 2 * first]
        self.outstanding_bytes = sum(sent[1::2])

    def has_room(self, buffered_bytes: int) -> bool:
        """Whether content may be sent, while the server has so much unsent."""
        return max(self.outstanding_bytes, buffered_bytes) < contract.WINDOW_BYTES


@dataclass(slots=True)
class TokenBucket:
    """So many a second, and a burst of so many after a rest."""

    rate_per_s: float
    burst: float
    now: float
    _tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def take(self, now: float, tokens: float = 1) -> bool:
        """Whether there are so many tokens; then they are taken."""
        self._tokens = min(self.burst, self._tokens + (now - self.now) * self.rate_per_s)
        self.now = now
        if self._tokens < tokens:
            return False
        self._tokens -= tokens
        return True
