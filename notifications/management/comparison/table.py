"""What was measured, as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from notifications.management.comparison.results import Result

_KIB = 1024
_COLUMNS = (
    "transport", "requests", "empty", "conn.", "bytes", "CPU", "delay p50", "p99",
    "radio/h", "awake",
)  # fmt: skip


def lines(results: Sequence[Result], labels: dict[str, str]) -> Iterator[str]:
    """Lines: a heading, and one for each transport."""
    rows = [_COLUMNS, *(_cells(one, labels[one.transport]) for one in results)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        name, *rest = widths
        cells = [cell.rjust(width) for cell, width in zip(others, rest, strict=True)]
        yield "  ".join([first.ljust(name), *cells])


def _cells(one: Result, label: str) -> tuple[str, ...]:
    return (
        label,
        f"{one.requests:,}",
        f"{one.empty:,}",
        f"{one.connections:,}",
        size(one.bytes_up + one.bytes_down),
        "not known" if one.server_cpu_s is None else f"{one.server_cpu_s:.2f} s",
        _delay(one.delay_median_ms),
        _delay(one.delay_p99_ms),
        f"{one.radio_wake_ups_per_hour:.0f}",
        f"{one.radio_awake_share:.0%}",
    )


def size(count: float) -> str:
    """A number of bytes for people: ``38.4 KiB``."""
    for unit in ("B", "KiB", "MiB"):
        if count < _KIB:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= _KIB
    return f"{count:.1f} GiB"


def _delay(value_ms: float | None) -> str:
    return "none" if value_ms is None else f"{value_ms:,.0f} ms"


def lost(results: Sequence[Result]) -> Iterator[tuple[str, int]]:
    """The transports by which not all arrived, and how many did not."""
    return ((one.transport, one.sent - one.arrived) for one in results if one.arrived < one.sent)
