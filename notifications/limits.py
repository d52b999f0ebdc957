"""How much one user, one address and one connection may take of this process.

Each process counts for itself: several together let that many times more through.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings

from notifications import frames, metrics
from notifications.protocol import CloseCode
from notifications.window import TokenBucket

if TYPE_CHECKING:
    from notifications.hub import Connection

# Control frames of WebSocket that a connection may send; they are answered below the application.
CONTROL_FRAMES_PER_S, CONTROL_FRAMES_BURST = 20, 40
FLOODED = frames.bye(CloseCode.RATE_LIMIT, "Too many control frames.", 0)


class Census:
    """How many connections each address has here."""

    def __init__(self) -> None:
        self._by_address: Counter[str] = Counter()

    def opened(self, address: str) -> None:
        if address:
            self._by_address[address] += 1

    def closed(self, address: str) -> None:
        self._by_address[address] -= 1
        if self._by_address[address] <= 0:
            del self._by_address[address]

    def refusal(self, address: str, own: Iterable[Connection]) -> str | None:
        """Why another connection is one too many; None: it is not.

        Args: own: the connections of its user. One that has been told to come back does not
            count: the client opens the next before it leaves.
        """
        most = settings.NOTIFICATIONS_USER_CONNECTIONS_MAX
        staying = sum(not one.stream.is_leaving for one in own) if most else 0
        if most and staying >= most:
            metrics.connections_refused.labels("user").inc()
            return f"A user has at most {most} connections."
        most = settings.NOTIFICATIONS_ADDRESS_CONNECTIONS_MAX
        if most and address and self._by_address[address] >= most:
            metrics.connections_refused.labels("address").inc()
            return f"An address has at most {most} connections."
        return None


def address_of(scope: Any) -> str:
    """The address that a connection comes from, as the server says; empty where it says none."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def control_frames() -> TokenBucket:
    """What a connection's control frames are counted by."""
    return TokenBucket(CONTROL_FRAMES_PER_S, CONTROL_FRAMES_BURST, time.monotonic())
