"""The figures of this second, of all processes: read once for all who look through this process."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from notifications.dashboard import charts
from notifications.dashboard.events import Events
from notifications.models import HistorySlot, Process
from notifications.models.history import FINE
from notifications.process import figures
from notifications.push import layers, presence, totals
from notifications.push.history import more, numbered, summed
from notifications.wire import contract

# A frame that is as young is good for the next who asks, too.
_FRESH_S = 0.9
# Over which what is shown by the second is taken, and what is shown by the minute.
_SHORT_S, _LONG_S = 5.0, 60.0
# Counting who is online, which may be many, takes this share of a core at most.
_ONLINE_REST_TIMES = 100

Figures = Mapping[str, Any]


class _Recent:
    """What one process has said within the last minute."""

    def __init__(self) -> None:
        self._said: deque[Figures] = deque()

    def add(self, said: Figures) -> None:
        if self._said and self._said[-1]["up"] >= said["up"]:
            return
        self._said.append(said)
        while self._said[0]["up"] < said["up"] - _LONG_S:
            self._said.popleft()

    def since(self, over_s: float) -> tuple[float, Figures, Figures] | None:
        """Within about so many seconds: how many they were, and what it said before and last."""
        last = self._said[-1]
        within = [said for said in self._said if said["up"] >= last["up"] - over_s]
        span_s = last["up"] - within[0]["up"]
        return (span_s, within[0], last) if span_s > 0 else None


class Board:
    """Any thread may ask; it reads the database, and remembers for a minute what it read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: dict[str, _Recent] = {}
        self._frame: dict[str, Any] = {}
        self._read_at = self._online_until = float("-inf")
        self._online = 0
        self._events = Events()

    def frame(self) -> dict[str, Any]:
        """What everybody is shown now.

        Raises: DatabaseError
        """
        figures.watched.note()
        with self._lock:
            if time.monotonic() >= self._read_at + _FRESH_S:
                self._frame = self._read()
                self._read_at = time.monotonic()
            return self._frame

    def _read(self) -> dict[str, Any]:
        live: Any = Process.objects.live().defer("inboxes").annotate(now=Now())
        rows = [row for row in live.order_by("started_at") if row.figures]
        total = totals.read()
        sent = {"up": time.monotonic(), "counts": {"sent": total.items}}
        self._note({row.pk: row.figures for row in rows} | {"": sent})
        state = {
            "online": self._count_online(),
            "backlog": total.backlog,
            "scheduled": total.scheduled,
            **_worst(row.figures for row in rows),
            "streams": dict(sum((Counter(row.streams) for row in rows), Counter())),
        }
        long = self._happened(_LONG_S) or _last_minute()
        short = self._happened(_SHORT_S) or long
        return {
            "type": "figures",
            "at": contract.wire_time(timezone.now()),
            "values": charts.state_of(state)
            | charts.per_second(short["counts"], short["over_s"])
            | charts.per_minute(long, long["over_s"]),
            "refused": _causes(long["counts"]),
            "states": _states(long["counts"]),
            "processes": [_process(row, row.now) for row in rows],
            "events": self._events.last(),
        }

    def _note(self, said: Mapping[str, Figures]) -> None:
        self._recent = {pk: self._recent.get(pk) or _Recent() for pk in said}
        for pk, one in said.items():
            self._recent[pk].add(one)

    def _happened(self, over_s: float) -> dict[str, Any] | None:
        """What was counted within about so many seconds, by all; None: it is too soon to say."""
        spans = [span for one in self._recent.values() if (span := one.since(over_s))]
        if not spans:
            return None
        counts: Counter[str] = Counter()
        buckets: dict[str, Counter[int]] = {"acknowledged": Counter(), "written": Counter()}
        for _, before, last in spans:
            counts.update(more(last["counts"], before["counts"]))
            for name, sums in buckets.items():
                sums.update(more(numbered(last.get(name)), numbered(before.get(name))))
        size = 1 + max((n for sums in buckets.values() for n in sums), default=0)
        histograms = {name: [sums[n] for n in range(size)] for name, sums in buckets.items()}
        return {"over_s": max(span_s for span_s, *_ in spans), "counts": counts, **histograms}

    def _count_online(self) -> int:
        began = time.monotonic()
        if began >= self._online_until:
            self._online = presence.online_count()
            took_s = time.monotonic() - began
            self._online_until = began + min(10.0, _ONLINE_REST_TIMES * took_s)
        return self._online


def _last_minute() -> dict[str, Any]:
    """What the history has of the last minute, for whoever has just begun to look."""
    since = time.time() - _LONG_S
    slots = HistorySlot.objects.filter(pk__lt=FINE.count, slot__gte=since).order_by("slot")
    parts = [part for part in slots.values_list("figures", flat=True) if part]
    happened = summed(parts) if parts else {"counts": {}}
    return {**happened, "over_s": max(1, len(parts)) * FINE.step_s}


def _worst(said: Iterable[Figures]) -> dict[str, float]:
    rows = list(said)
    names = ("loop_lag", "reconciler_lag")
    return {name: max((row[name] for row in rows), default=0) for name in names}


def _causes(counts: Mapping[str, int]) -> dict[str, int]:
    """How many were refused, by cause."""
    found = {name.partition(":")[2]: count for name, count in counts.items() if count}
    return {cause: count for cause, count in sorted(found.items()) if cause}


def _states(counts: Mapping[str, int]) -> dict[str, dict[str, str]]:
    """How database and channel layer are: that this could be read says the first."""
    name = "Redis" if layers.joins_processes() else ""
    layer = "lossy" if counts.get("hints_lost", 0) > 0 else "well"
    return {
        "database": {"name": connection.display_name, "is": "answers"},
        "layer": {"name": name, "is": layer if name else f"memory_{layer}"},
    }


def _process(row: Process, now: datetime) -> dict[str, Any]:
    said = row.figures
    is_draining = said["draining"] or row.drain_asked_at is not None
    return {
        "id": row.pk,
        "name": row.name,
        "streams": charts.state_of({"streams": row.streams}),
        "loop_lag": said["loop_lag"],
        "memory": said["memory"],
        "version": row.version,
        "age_s": max(0, round((now - row.started_at).total_seconds())),
        "draining": is_draining,
    }


board = Board()
