"""How much one user, one address and one connection may take of this process.

Each process counts for itself: several together let that many times more through.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from notifications.conf import conf
from notifications.process import metrics
from notifications.push.connection import Connection
from notifications.stream.token_bucket import TokenBucket
from notifications.wire import frames
from notifications.wire.contract import CloseCode

# Control frames of WebSocket that a connection may send; they are answered below the application.
CONTROL_FRAMES_PER_S, CONTROL_FRAMES_BURST = 20, 40
FLOODED = frames.bye(CloseCode.RATE_LIMIT, "Too many control frames.", 0)
# Frames of WebSocket that one message may come in: empty ones cost time and add nothing to a size.
FRAGMENTS_MAX = 256
# Frames that are still read once we have said that the connection ends. A client may have sent
# some before it heard so; whoever goes on is not listened to.
LATE_FRAMES_MAX = 1000
# What an opcode says: the message goes on, and it is no message but a control frame.
_CONTINUES, _CONTROLS = 0, 8
# Bytes that are taken from one connection before the others have their turn.
READ_BYTES = 16 * 1024


class ConnectionCounter:
    """How many connections there are here, and of each address."""

    def __init__(self) -> None:
        self._count = 0
        self._by_address: Counter[str] = Counter()

    def opened(self, address: str) -> None:
        self._count += 1
        if address:
            self._by_address[address] += 1

    def closed(self, address: str) -> None:
        self._count -= 1
        self._by_address[address] -= 1
        if self._by_address[address] <= 0:
            del self._by_address[address]

    def is_full(self) -> bool:
        """Whether this process has as many as it may have, whoever comes."""
        most = conf.CONNECTIONS_MAX
        return bool(most) and self._count >= most

    def excess(self, address: str, connections: Iterable[Connection]) -> Excess | None:
        """Why another connection is one too many; None: it is not.

        Args: own: the connections of its user. One that has been told to come back does not
            count: the client opens the next before it leaves.
        """
        most = conf.USER_CONNECTIONS_MAX
        staying = sum(not connection.stream.is_leaving for connection in connections) if most else 0
        if most and staying >= most:
            return Excess("user", f"A user has at most {most} connections.")
        most = conf.ADDRESS_CONNECTIONS_MAX
        if most and address and self._by_address[address] >= most:
            return Excess("address", f"An address has at most {most} connections.")
        return None


@dataclass(frozen=True, slots=True)
class Excess:
    """Whose connections are too many (`user`, `address`), and that in a sentence."""

    limit: str
    reason: str


def address_of(scope: Any) -> str:
    """The address that a connection comes from, as the server says; empty where it says none."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def control_frames() -> TokenBucket:
    """What a connection's control frames are counted by."""
    return TokenBucket(CONTROL_FRAMES_PER_S, CONTROL_FRAMES_BURST, time.monotonic())


class FloodGuard:
    """Counts the frames of one WebSocket, below the application, which sees whole messages only."""

    __slots__ = ("_fragments", "_late")

    def __init__(self) -> None:
        self._fragments = self._late = 0

    def count(self, opcode: int, *, is_closing: bool) -> bool:
        """Count a frame, and say whether nothing more should be read.

        Args: opcode: of RFC 6455, section 5.2. is_closing: we have said that the connection ends.
        """
        if opcode == _CONTINUES:
            self._fragments += 1
        elif opcode < _CONTROLS:
            self._fragments = 1
        self._late += is_closing
        if self._fragments > FRAGMENTS_MAX:
            metrics.floods_ended.labels("fragments").inc()
            return True
        return self._late > LATE_FRAMES_MAX
