"""The dashboard's figures in words, where no script writes them; as dashboard-text.js has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from notifications.dashboard.charts import Chart

_NOTHING = "\N{EN DASH}"
# Below, a digit more is of use.
_SMALL = 10


def text(value: float | None, unit: str) -> str:
    """A figure as people read it: ``12,480``, ``3.2/s``, ``48 ms``."""
    if value is None:
        return _NOTHING
    if unit == "s" and value < 1:
        return _("%(number)s ms") % {"number": f"{value * 1000:.0f}"}
    if unit == "s":
        return _("%(seconds)s s") % {"seconds": number_format(round(value, 1), 1)}
    if unit == "bytes":
        return _("%(number)s MB") % {"number": f"{value / 1e6:.0f}"}
    ending = {"per_s": _("/s"), "per_min": _("/min")}.get(unit, "")
    is_whole = value >= _SMALL or value == int(value)
    places = 0 if is_whole else 1
    said = number_format(round(value, places), places, force_grouping=True)
    return f"{said}{ending}"


def age(seconds: int) -> str:
    """How long something lives: the largest two units."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return _("%(days)s d %(hours)s h") % {"days": days, "hours": hour}
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minute}
    if minutes:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": second}
    return _("%(seconds)s s") % {"seconds": second}


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
