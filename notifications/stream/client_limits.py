"""How often a client may speak, ask and err. Plain bookkeeping, without a clock."""

from __future__ import annotations

from notifications.stream.messages import Limits
from notifications.stream.token_bucket import TokenBucket
from notifications.wire import contract


class ClientLimits:
    """Times are seconds of a monotonic clock."""

    __slots__ = ("_errors", "_frames", "_resumes")

    def __init__(self, limits: Limits, now: float) -> None:
        self._frames = TokenBucket(limits.frames_per_s, limits.frames_burst, now)
        self._resumes = TokenBucket(contract.RESUMES_PER_S, contract.RESUMES_BURST, now)
        # A tuple, since nearly every connection has none, and an empty deque takes 600 bytes.
        self._errors: tuple[float, ...] = ()

    def take_frame(self, now: float) -> bool:
        return self._frames.take(now)

    def take_resume(self, now: float) -> bool:
        return self._resumes.take(now)

    def count_error(self, now: float) -> bool:
        """It sent what is no frame; whether it did so too often."""
        since = now - contract.ERRORS_WINDOW_S
        self._errors = (*(moment for moment in self._errors if moment > since), now)
        return len(self._errors) >= contract.ERRORS_MAX_COUNT
