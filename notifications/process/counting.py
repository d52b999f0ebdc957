"""Counters, gauges and histograms of this process, and how Prometheus is told of them.

They are our own, since two ask: ``/metrics``, in Prometheus's words, and the live dashboard, which
adds up what all processes have counted and must not need that library.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any

# Upper bounds in seconds; beyond the last there is one bucket more.
BOUNDS_S = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
)  # fmt: skip


class Number:
    """One figure; any thread may change it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value = 0.0
        self._ask: Callable[[], float] | None = None

    def inc(self, amount: float = 1) -> None:
        with self._lock:
            self._value += amount

    def dec(self, amount: float = 1) -> None:
        self.inc(-amount)

    def set(self, value: float) -> None:
        self._value = value

    def follow(self, ask: Callable[[], float]) -> None:
        """Be what ``ask`` says, whenever somebody looks."""
        self._ask = ask

    @property
    def value(self) -> float:
        return self._value if self._ask is None else self._ask()


class Figure(Number):
    """A counter or gauge by its name; with labels, one number for each of their values."""

    def __init__(self, kind: str, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        super().__init__()
        self.kind, self.name, self.meaning = kind, name, meaning
        self.label_names = tuple(labels)
        self._numbers: dict[tuple[str, ...], Number] = {}

    def labels(self, *values: str) -> Number:
        """The number for these values of its labels: a few words of ours, never a client's."""
        number = self._numbers.get(values)
        if number is None:
            if len(values) != len(self.label_names):
                raise ValueError(f"{self.name} has the labels {self.label_names}, not {values}.")
            with self._lock:
                number = self._numbers.setdefault(values, Number())
        return number

    def samples(self) -> list[tuple[tuple[str, ...], float]]:
        """The values of its labels, and the figure for each."""
        if not self.label_names:
            return [((), self.value)]
        return [(values, number.value) for values, number in sorted(self._numbers.items())]


class Histogram:
    """How often something took how long."""

    kind = "histogram"

    def __init__(self, name: str, meaning: str) -> None:
        self.name, self.meaning = name, meaning
        self._lock = threading.Lock()
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self._sum_s = 0.0

    def observe(self, seconds: float, times: int = 1) -> None:
        """It has taken so long. Args: times: so often; of many alike one is looked at."""
        seconds = max(0.0, seconds)  # a clock that was set back, or another machine's
        with self._lock:
            self._counts[bisect_left(BOUNDS_S, seconds)] += times
            self._sum_s += seconds * times

    def read(self) -> tuple[list[int], float]:
        """How many fell into each bucket, and the sum of their seconds."""
        with self._lock:
            return list(self._counts), self._sum_s


def quantile(counts: Sequence[float], share: float) -> float | None:
    """The seconds within which this share of what fell into the buckets was; None: nothing did.

    Within a bucket it is taken to be spread evenly; beyond the last bound it is that bound.
    """
    wanted = sum(counts) * share
    if wanted <= 0:
        return None
    low, seen = 0.0, 0.0
    for bound, count in zip(BOUNDS_S, counts, strict=False):
        if count and seen + count >= wanted:
            return low + (bound - low) * (wanted - seen) / count
        low, seen = bound, seen + count
    return BOUNDS_S[-1]


class Collector:
    """What Prometheus's registry asks, in its own words."""

    def __init__(self, metrics: Sequence[Figure | Histogram]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Any]:
        # Only now: a command that nobody asks need not wait for it.
        from prometheus_client import core  # noqa: PLC0415

        for metric in self._metrics:
            if isinstance(metric, Histogram):
                counts, sum_s = metric.read()
                yield core.HistogramMetricFamily(
                    metric.name, metric.meaning, _cumulative(counts), sum_s
                )
                continue
            family = {"counter": core.CounterMetricFamily, "gauge": core.GaugeMetricFamily}
            told = family[metric.kind](metric.name, metric.meaning, labels=metric.label_names)
            for values, figure in metric.samples():
                told.add_metric(values, figure)
            yield told


def _cumulative(counts: Sequence[int]) -> list[tuple[str, int]]:
    total, buckets = 0, []
    for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), counts, strict=True):
        total += count
        buckets.append((bound, total))
    return buckets
