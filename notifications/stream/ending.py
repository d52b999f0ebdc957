"""How a connection ends: by which code, and when at the latest. Plain bookkeeping, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.stream.heartbeat import way_s
from notifications.stream.messages import Action, Close, Limits, Send
from notifications.wire import contract, frames
from notifications.wire.contract import CloseCode

_NEVER = float("inf")


@dataclass(slots=True)
class Ending:
    """Times are seconds of a monotonic clock."""

    limits: Limits
    born_at: float
    # What the client was told; None: it stays.
    code: CloseCode | None = None
    # Nothing more is said.
    is_over: bool = False
    _ends_at: float = _NEVER

    def begin(
        self,
        code: CloseCode,
        reason: str,
        now: float,
        after_ms: int,
        outstanding_bytes: int,
        *,
        may_linger: bool,
    ) -> list[Action]:
        """Say `bye`. With a code that lingers the stream goes on for a while, where the client
        can tell us that it leaves and there is time for that; else `bye` is the last that it is
        sent.
        """
        if self.is_over or (self.code is not None and code.lingers):
            return []
        self.code = code
        self._ends_at = now + contract.LINGER_S
        farewell = Send(frames.bye(code, reason, after_ms))
        if code.lingers and may_linger and self.limits.is_answered:
            self._ends_at += after_ms / 1000
            return [farewell]
        if not self.limits.is_answered:
            # What is on its way may take its time, before a second Close drops the connection.
            self._ends_at += way_s(outstanding_bytes)
        self.is_over = True
        return [farewell, Close(code, reason)]

    def close(self, now: float) -> list[Action]:
        """It has not left by itself; should it not go now either, it is told so once more."""
        assert self.code is not None  # noqa: S101 (set together with _ends_at)
        self.is_over = True
        self._ends_at = now + contract.LINGER_S
        return [Close(self.code, "")]

    def is_due(self, now: float) -> bool:
        """Whether it has had its time to leave."""
        return now >= self._ends_at

    def verdict(
        self, now: float, missed: CloseCode | None, *, greeted: bool
    ) -> tuple[CloseCode, str] | None:
        """Why the connection must end now, if it must. Args: missed: what a pong that is missing
        means.
        """
        if not greeted and self._is_late(now):
            return CloseCode.OVERLOADED, "Too busy to say hello."
        if missed is not None:
            return missed, "No pong in time."
        if self._is_aged(now):
            return CloseCode.RENEW, "It is time to connect anew."
        return None

    def _is_aged(self, now: float) -> bool:
        """Whether the client should come anew, and was not told to yet."""
        return self.code is None and now >= self.born_at + self.limits.age_s

    def _is_late(self, now: float) -> bool:
        """Whether `hello` should have been said by now."""
        return now >= self.born_at + self.limits.hello_s

    def deadline(self, *, greeted: bool) -> float:
        """When one of these becomes so."""
        due = self._ends_at
        if self.is_over:
            return due
        if self.code is None:
            due = min(due, self.born_at + self.limits.age_s)
        if not greeted:
            due = min(due, self.born_at + self.limits.hello_s)
        return due
