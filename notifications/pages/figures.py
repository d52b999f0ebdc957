"""The dashboard's figures in words, where no script writes them; as dashboard-text.js has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifications.dashboard.charts import Chart

_NOTHING = "\N{EN DASH}"
# Below, a digit more is of use.
_SMALL = 10


def text(value: float | None, unit: str) -> str:
    """A figure as people read it: ``12,480``, ``3.2/s``, ``48 ms``."""
    if value is None:
        return _NOTHING
    if unit == "s":
        return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
    if unit == "bytes":
        return f"{value / 1e6:.0f} MB"
    ending = {"per_s": "/s", "per_min": "/min"}.get(unit, "")
    is_whole = value >= _SMALL or value == int(value)
    return f"{value:,.0f}{ending}" if is_whole else f"{value:.1f}{ending}"


def age(seconds: int) -> str:
    """How long something lives: the largest two units."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    for large, small, words in ((days, hour, "dh"), (hours, minute, "hm"), (minutes, second, "ms")):
        if large:
            units = {"d": "d", "h": "h", "m": "min", "s": "s"}
            return f"{large} {units[words[0]]} {small} {units[words[1]]}"
    return f"{second} s"


def card_of(chart: Chart, frame: Mapping[str, Any]) -> dict[str, Any]:
    """A chart's card: what its lines say now."""
    values = frame["values"]
    lines = [
        {"key": key, "label": label, "text": text(values[key], chart.unit)}
        for key, label in chart.lines.items()
    ]
    return {"chart": chart, "lines": lines}


def process_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table of processes."""
    return {
        **said,
        "loop_lag_text": text(said["loop_lag"], "s"),
        "memory_text": text(said["memory"], "bytes"),
        "age_text": age(said["age_s"]),
    }
