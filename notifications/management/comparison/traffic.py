"""What one simulated user's connections carry, counted at their sockets."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field

# A phone's radio goes to sleep some seconds after the last packet, and each waking costs as much as
# many packets do: what comes within this time of what came before is of the same burst.
RADIO_AWAKE_S = 5.0


@dataclass
class Traffic:
    """Bytes are those of TCP's payload; by https, before they are encrypted."""

    # A handshake of a WebSocket is a request too.
    requests: int = 0
    # Requests whose answer had nothing new in it.
    empty: int = 0
    connections: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    # When something went either way, by the monotonic clock.
    moments: list[float] = field(default_factory=list)

    def connected(self) -> None:
        self.connections += 1
        self.moments.append(time.monotonic())

    def sent(self, size: int) -> None:
        self.bytes_up += size
        self.moments.append(time.monotonic())

    def received(self, size: int) -> None:
        self.bytes_down += size
        self.moments.append(time.monotonic())


def wake_ups(moments: list[float], until: float) -> int:
    """How often a radio woke again for what went at these moments, in their order, until then.

    What it was on for at first, when the page was opened, is the same for all.
    """
    before = [moment for moment in moments if moment <= until]
    gaps = itertools.pairwise(before)
    return sum(later - earlier > RADIO_AWAKE_S for earlier, later in gaps)


def awake_s(moments: list[float], until: float) -> float:
    """For how long it was awake, until that moment."""
    ends = [*moments[1:], until]
    return sum(
        min(max(0.0, min(end, until) - moment), RADIO_AWAKE_S)
        for moment, end in zip(moments, ends, strict=False)
    )
