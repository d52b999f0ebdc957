"""Results as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

_TENS, _HUNDREDS = 10, 100


def markdown(results: Iterable[Mapping[str, Any]]) -> str:
    """A table for each claim and unit. Args: results: as JSON has them."""
    parts = groupby(results, key=lambda one: (one["claim"], one["unit"]))
    return "\n".join(_table(claim, unit, list(part)) for (claim, unit), part in parts)


def measured(one: Mapping[str, Any]) -> str:
    """The figure that its verdict is of: its own, or how it compares."""
    if one["asked"].startswith(one["base"] or "\0"):
        return f"{_spread(one, 'ratio_')} times"
    return f"{_spread(one, '')} {one['unit']}"


def _table(claim: str, unit: str, results: list[Mapping[str, Any]]) -> str:
    base = next((one["base"] for one in results if one["base"]), "")
    heads = ["", unit, *([f"times as good as {base}"] if base else []), "asked", ""]
    rows = [heads, ["---"] * len(heads)]
    for one in results:
        ratio = _spread(one, "ratio_") if one["base"] else ""
        verdict = f"**{one['verdict']}**" if one["verdict"] else ""
        rows.append([
            one["contender"], _spread(one, ""), *([ratio] if base else []), one["asked"], verdict,
        ])  # fmt: skip
    rounds = max(len(one["rounds"]) for one in results)
    lines = (f"| {' | '.join(row)} |" for row in rows)
    return f"{claim}; {rounds} round{'s' * (rounds > 1)}:\n\n" + "\n".join(lines) + "\n"


def _spread(one: Mapping[str, Any], prefix: str) -> str:
    middle, least, most = (_figure(one[f"{prefix}{name}"]) for name in ("median", "least", "most"))
    return f"{middle} ({least} to {most})"


def _figure(value: float) -> str:
    digits = 0 if abs(value) >= _HUNDREDS else 1 if abs(value) >= _TENS else 2
    return f"{value:,.{digits}f}"
