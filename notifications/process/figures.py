"""What a process says of itself to the live dashboard, every second or two: few numbers, by names
of its own.

``counts`` are since the process began; whoever reads them twice knows what happened between.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from notifications.process import metrics
from notifications.process.counting import Figure

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_LASTING = ("websocket", "sse")
# For how long a look at the dashboard is remembered.
_LOOK_S = 5.0


class Watched:
    """Whether somebody looks at the live dashboard through this process; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = float("-inf")

    def note(self) -> None:
        """Somebody looks."""
        with self._lock:
            self._until = time.monotonic() + _LOOK_S

    def is_so(self) -> bool:
        return time.monotonic() < self._until


class _Life:
    """When this process began to count."""

    def __init__(self) -> None:
        self.began_at = time.monotonic()

    def begin(self) -> None:
        self.began_at = time.monotonic()


watched = Watched()
_life = _Life()
if hasattr(os, "register_at_fork"):
    # A server that loads the project and then forks is another process afterwards.
    os.register_at_fork(after_in_child=_life.begin)


def said() -> dict[str, Any]:
    """What this process says of itself now; what never happened is left out."""
    counts = {name: round(number) for name, number in _counts().items() if number}
    return {
        "up": round(age_s(), 2),
        "memory": memory_bytes(),
        "loop_lag": round(metrics.event_loop_lag.value, 4),
        "reconciler_lag": round(metrics.reconciler_lag.value, 3),
        "draining": metrics.draining.value > 0,
        "counts": counts,
        "acknowledged": metrics.commit_to_acknowledged.read()[0],
        "written": metrics.commit_to_sent.read()[0],
    }


def age_s() -> float:
    """How long ago this process began to count."""
    return time.monotonic() - _life.began_at


def memory_bytes() -> int:
    """What this process has in memory; 0 where the system does not say."""
    try:
        resident = Path("/proc/self/statm").read_text("ascii").split()[1]
    except OSError:
        return 0
    return int(resident) * _PAGE_BYTES


def _counts() -> dict[str, float]:
    counts = {
        "delivered": metrics.items.labels("delivered").value,
        "seen": metrics.items.labels("seen").value,
        "hints_sent": metrics.hints_sent.value,
        "hints_lost": metrics.hints_lost.value,
        "hints_healed": metrics.hints_healed.value,
        "silent": metrics.streams_ended.labels("no_pong").value,
        "slow": metrics.streams_ended.labels("too_slow").value,
        # A poll comes back each time.
        "resumed": sum(metrics.streams_opened.labels(one, "resumed").value for one in _LASTING),
        "errors": metrics.database_failures.value
        + metrics.dispatch_failures.value
        + sum(_by(metrics.bugs).values()),
    }
    refused = {
        f"refused:{cause}": number for cause, number in _by(metrics.connections_refused).items()
    }
    return {**counts, **refused, "refused": sum(refused.values())}


def _by(figure: Figure) -> Mapping[str, float]:
    return {values[0]: number for values, number in figure.samples()}
