"""How often somebody may do something. Plain bookkeeping, without a clock."""

from __future__ import annotations

from dataclasses import dataclass, field


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
