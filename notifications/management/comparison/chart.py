"""The chart of a comparison, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from notifications.management.comparison.results import Result
from notifications.management.comparison.table import size

FORMATS = (".png", ".svg")
_COLOUR, _FAINT, _INK = "#1f5fbf", "#a9c4ea", "#1b1f24"
_STYLE = {
    # Text stays text: small files, and who cannot see the picture can have it read out.
    "svg.fonttype": "none",
    # The same picture from the same figures.
    "svg.hashsalt": "compare_transports",
    "font.size": 9,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
_INCHES = (10, 5.4)
_DPI = 120


@dataclass(frozen=True)
class _Panel:
    """Bars of one figure; ``behind`` is drawn behind it, fainter."""

    title: str
    value: Callable[[Result], float | None]
    written: Callable[[float], str]
    behind: Callable[[Result], float | None] | None = None


_PANELS = (
    _Panel("Bytes, a user and hour", lambda one: one.bytes_per_user_hour, size),
    _Panel("Requests, a user and hour", lambda one: one.requests_per_user_hour, "{:,.0f}".format),
    _Panel("CPU of the server, all users", lambda one: one.server_cpu_s, "{:.2f} s".format),
    _Panel(
        "Delay, median (faint: p99)",
        lambda one: one.delay_median_ms,
        "{:,.0f} ms".format,
        lambda one: one.delay_p99_ms,
    ),
    _Panel(
        "A phone's radio wakes, an hour", lambda one: one.radio_wake_ups_per_hour, "{:.0f}".format
    ),
    _Panel("and is awake, of the time", lambda one: one.radio_awake_share, "{:.0%}".format),
)


def draw(path: Path, results: Sequence[Result], labels: dict[str, str], title: str) -> None:
    """Args: path: ends with one of FORMATS. Raises: OSError: it cannot be written."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
        figure.suptitle(title, fontsize=10)
        names = [labels[one.transport] for one in results]
        for number, (panel, axes) in enumerate(
            zip(_PANELS, figure.subplots(2, 3, sharey=True).flat, strict=True)
        ):
            _fill(axes, panel, results)
            if number % 3 == 0:
                axes.set_yticks(range(len(names)), names)
        metadata = {"Title": title} | ({"Date": None} if path.suffix == ".svg" else {})
        figure.savefig(path, dpi=_DPI, metadata=metadata)


def _fill(axes: Any, panel: _Panel, results: Sequence[Result]) -> None:
    values = [panel.value(one) for one in results]
    axes.set_title(panel.title, fontsize=9, loc="left")
    if panel.behind is not None:
        axes.barh(range(len(values)), [panel.behind(one) or 0 for one in results], color=_FAINT)
    axes.barh(range(len(values)), [value or 0 for value in values], color=_COLOUR)
    longest = max(axes.get_xlim()[1], 1e-9)
    for place, value in enumerate(values):
        words = "not known" if value is None else panel.written(value)
        # Beside the bar, or in it where there is no room.
        is_long = (value or 0) > 0.6 * longest
        axes.annotate(
            words,
            (value or 0, place),
            xytext=(-4 if is_long else 4, 0),
            textcoords="offset points",
            ha="right" if is_long else "left",
            va="center",
            color="white" if is_long else _INK,
        )
    axes.set_xlim(0, longest)
    axes.set_xticks([])
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    if not axes.yaxis_inverted():
        axes.invert_yaxis()
