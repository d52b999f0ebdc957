"""Plots of what was found, by matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

_COLOUR, _ASKED, _INK = "#1f5fbf", "#b3261e", "#1b1f24"
_STYLE = {
    # Text stays text: small files, and who cannot see the picture can have it read out.
    "svg.fonttype": "none",
    # The same picture from the same figures.
    "svg.hashsalt": "benchmarks",
    "font.size": 9,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
_BAR_INCHES, _PANEL_INCHES, _WIDE_INCHES = 0.3, 0.75, 8
# Bars of more are not looked at.
_PANELS = 6
# What is asked of it, as a line, stands in these words.
_AT = ("<= ", ">= ")


def draw(images: Path, known: Mapping[str, Any]) -> dict[str, Path]:
    """A plot of each that compares anything; where it is."""
    images.mkdir(parents=True, exist_ok=True)
    shown: dict[str, Path] = {}
    for name, found in known.items():
        if panels := _panels(found["results"]):
            shown[name] = images / f"benchmark-{name}.svg"
            _draw(shown[name], panels, found["about"])
    return shown


def _panels(results: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    parts = [
        list(part) for _, part in groupby(results, key=lambda one: (one["claim"], one["unit"]))
    ]
    return [part for part in parts if len(part) > 1][:_PANELS]


def _draw(path: Path, panels: list[list[Mapping[str, Any]]], title: str) -> None:
    heights = [_PANEL_INCHES + _BAR_INCHES * len(part) for part in panels]
    with mpl.rc_context(_STYLE):
        size = (_WIDE_INCHES, sum(heights) + 0.3)
        figure = Figure(figsize=size, layout="constrained", facecolor="white")
        figure.suptitle(title, fontsize=10)
        ratios = {"height_ratios": heights}
        places = figure.subplots(len(panels), squeeze=False, gridspec_kw=ratios)
        for axes, part in zip(places.flat, panels, strict=True):
            _bars(axes, part)
        figure.savefig(path, metadata={"Title": title, "Date": None})


def _bars(axes: Any, results: Sequence[Mapping[str, Any]]) -> None:
    """The median of each, and a line from the least to the most."""
    middle = [one["median"] for one in results]
    lines = [
        [one["median"] - one["least"] for one in results],
        [one["most"] - one["median"] for one in results],
    ]
    axes.set_title(results[0]["claim"], fontsize=9, loc="left")
    axes.barh(range(len(results)), middle, xerr=lines, color=_COLOUR, ecolor=_INK, capsize=2)
    axes.set_yticks(range(len(results)), [one["contender"] for one in results])
    axes.set_xlabel(results[0]["unit"])
    for place, one in enumerate(results):
        if one["asked"].startswith(_AT):
            axes.vlines(float(one["asked"][3:]), place - 0.45, place + 0.45, color=_ASKED)
    axes.spines[["top", "right"]].set_visible(False)
    axes.invert_yaxis()
