"""What was measured of a transport."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from notifications.management.comparison.traffic import Traffic, awake_s, wake_ups

_HOUR_S = 3600


@dataclass(frozen=True)
class Result:
    """One transport, all users together. ``None``: not known."""

    transport: str
    users: int
    seconds: float
    sent: int
    arrived: int
    requests: int
    empty: int
    connections: int
    bytes_up: int
    bytes_down: int
    server_cpu_s: float | None
    delay_median_ms: float | None
    delay_p99_ms: float | None
    # Of one phone: what wakes it, and the share of the time for which that keeps it awake.
    radio_wake_ups_per_hour: float
    radio_awake_share: float

    @property
    def bytes_per_user_hour(self) -> float:
        return (self.bytes_up + self.bytes_down) / self.users / self.seconds * _HOUR_S

    @property
    def requests_per_user_hour(self) -> float:
        return self.requests / self.users / self.seconds * _HOUR_S


def of_run(
    transport: str,
    traffic: Sequence[Traffic],
    *,
    sent: int,
    delays_ms: Sequence[float],
    began_at: float,
    ended_at: float,
    cpu_s: float | None,
) -> Result:
    """Args: traffic: of each user. began_at, ended_at: by the monotonic clock; then all left."""
    users, seconds = len(traffic), ended_at - began_at
    return Result(
        transport=transport,
        users=users,
        seconds=round(seconds, 3),
        sent=sent,
        arrived=len(delays_ms),
        requests=sum(one.requests for one in traffic),
        empty=sum(one.empty for one in traffic),
        connections=sum(one.connections for one in traffic),
        bytes_up=sum(one.bytes_up for one in traffic),
        bytes_down=sum(one.bytes_down for one in traffic),
        server_cpu_s=None if cpu_s is None else round(cpu_s, 3),
        delay_median_ms=round(statistics.median(delays_ms), 1) if delays_ms else None,
        delay_p99_ms=round(percentile(delays_ms, 0.99), 1) if delays_ms else None,
        radio_wake_ups_per_hour=round(
            sum(wake_ups(one.moments, ended_at) for one in traffic) / users / seconds * _HOUR_S, 1
        ),
        radio_awake_share=round(
            sum(awake_s(one.moments, ended_at) for one in traffic) / users / seconds, 3
        ),
    )


def percentile(stats: Sequence[float], share: float) -> float:
    """The smallest figure that ``share`` of all do not exceed."""
    return sorted(stats)[max(0, math.ceil(share * len(stats)) - 1)]
