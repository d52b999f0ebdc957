"""What is shown, in which order and unit, and how it follows from what processes have counted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from notifications.models import HistorySlot
from notifications.models.history import COARSE, FINE, Ring
from notifications.process.counting import quantile
from notifications.push.history import summed

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Seconds that may be looked at, and how that is called.
WINDOWS = {
    300: _("5 min"),
    900: _("15 min"),
    3600: _("1 h"),
    21_600: _("6 h"),
    86_400: _("24 h"),
}
WINDOW_S = 900
# Points of a chart: more than that a screen does not show, and nobody reads in a table.
_POINTS_MAX = 120

Values = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture with its lines: by their keys, what each is called."""

    key: str
    title: StrOrPromise
    # count, per_s, per_min, s or bytes.
    unit: str
    hint: StrOrPromise
    lines: Mapping[str, StrOrPromise]


CHARTS = (
    Chart(
        "online",
        _("Online users"),
        "count",
        _("Users with a stream open, in any process."),
        {"online": _("Online")},
    ),
    Chart(
        "streams",
        _("Streams"),
        "count",
        _("Open connections by transport."),
        {"websocket": _("WebSocket"), "sse": _("SSE"), "poll": _("Poll")},
    ),
    Chart(
        "steps",
        _("Notifications"),
        "per_s",
        _("In inboxes: one to 1,000 people is 1,000."),
        {"sent": _("Sent"), "delivered": _("Delivered"), "seen": _("Seen")},
    ),
    Chart(
        "acknowledged",
        _("Commit to acknowledged"),
        "s",
        _("Until a client says that it holds it; clients gather that for 1 to 3 s."),
        {"ack_p50": _("p50"), "ack_p95": _("p95"), "ack_p99": _("p99")},
    ),
    Chart(
        "written",
        _("Commit to sent"),
        "s",
        _("Until the last stream of a process was sent it."),
        {"written_p50": _("p50"), "written_p95": _("p95"), "written_p99": _("p99")},
    ),
    Chart(
        "hints",
        _("Hints"),
        "per_s",
        _("Lost: the channel layer took none. Healed: the database was first."),
        {"hints_sent": _("Sent"), "hints_lost": _("Lost"), "hints_healed": _("Healed")},
    ),
    Chart(
        "lag",
        _("Lag"),
        "s",
        _("Since the last look at the database; how late event loops were."),
        {"reconciler_lag": _("Reconciler"), "loop_lag": _("Event loop")},
    ),
    Chart(
        "dispatch",
        _("Dispatch"),
        "count",
        _("Inboxes not reached yet; notifications not due yet."),
        {"backlog": _("Backlog"), "scheduled": _("Scheduled")},
    ),
    Chart(
        "connections",
        _("Connections"),
        "per_min",
        _("Clients that came back; silent ones reaped; slow ones closed; refused."),
        {
            "resumed": _("Reconnects"),
            "silent": _("Silent"),
            "slow": _("Slow"),
            "refused": _("Refused"),
        },
    ),
    Chart(
        "errors",
        _("Errors"),
        "per_min",
        _("Bugs, and what the database failed; the log says more."),
        {"errors": _("Errors")},
    ),
)

_STATE = ("online", "backlog", "scheduled", "loop_lag", "reconciler_lag")
_PER_S = ("sent", "delivered", "seen", "hints_sent", "hints_lost", "hints_healed")
_PER_MIN = ("resumed", "silent", "slow", "refused", "errors")
_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def state_of(figures: Mapping[str, Any]) -> Values:
    """How it is: what is shown as it was last."""
    streams = figures.get("streams", {})
    transports = {name: streams.get(name, 0) for name in ("websocket", "sse", "poll")}
    return {**{name: figures.get(name, 0) for name in _STATE}, **transports}


def per_second(counts: Mapping[str, int], over_s: float) -> Values:
    return {name: counts.get(name, 0) / over_s for name in _PER_S}


def per_minute(figures: Mapping[str, Any], over_s: float) -> Values:
    """What is shown by the minute, and how long things took within these seconds."""
    counts = figures.get("counts", {})
    values: Values = {name: counts.get(name, 0) * 60 / over_s for name in _PER_MIN}
    for key, name in (("ack", "acknowledged"), ("written", "written")):
        for label, share in _SHARES.items():
            values[f"{key}_{label}"] = quantile(figures.get(name, ()), share)
    return values


def values_of(figures: Mapping[str, Any], over_s: float) -> Values:
    """All that is shown of what happened within so many seconds."""
    fast = per_second(figures.get("counts", {}), over_s)
    return state_of(figures) | fast | per_minute(figures, over_s)


def history(window_s: int) -> dict[str, Any]:
    """The charts' points within the last so many seconds; where nobody was there, None.

    Raises: DatabaseError
    """
    ring = FINE if window_s <= FINE.span_s else COARSE
    step_s = ring.step_s * max(1, -(-window_s // ring.step_s // _POINTS_MAX))
    end = ring.slot_at(time.time()) // step_s * step_s + step_s
    kept = _slots(ring, end - window_s, end)
    starts = range(end - window_s, end, step_s)
    points = [_point(kept, start, step_s, ring) for start in starts]
    # The last may be still to come, as nobody has filled it.
    while points and points[-1] is None:
        points.pop()
    keys = [key for chart in CHARTS for key in chart.lines]
    return {
        "window_s": window_s,
        "step_s": step_s,
        "again_s": ring.step_s,
        "starts": list(starts)[: len(points)],
        "series": {key: [None if one is None else one[key] for one in points] for key in keys},
    }


def _slots(ring: Ring, start: int, end: int) -> dict[int, dict[str, Any]]:
    rows = HistorySlot.objects.filter(
        pk__gte=ring.first, pk__lt=ring.first + ring.count, slot__gte=start, slot__lt=end
    )
    return {slot: figures for slot, figures in rows.values_list("slot", "figures") if figures}


def _point(
    kept: Mapping[int, Mapping[str, Any]], start: int, step_s: int, ring: Ring
) -> Values | None:
    slots: Sequence[int] = range(start, start + step_s, ring.step_s)
    parts = [kept[slot] for slot in slots if slot in kept]
    return values_of(summed(parts), len(parts) * ring.step_s) if parts else None
