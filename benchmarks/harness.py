"""What all benchmarks share: processes on cores of their own, turns, ratios, and tables of them.

Two contenders are only ever compared within a round: the machine may be another one an hour
later.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

from benchmarks import tables as written

_Name = TypeVar("_Name")


def limit_s() -> float:
    """For how long this benchmark may run."""
    return float(os.environ.get("BENCHMARK_LIMIT_S") or "inf")


_ALL = sorted(os.sched_getaffinity(0))
# Where they are kept; ``python -m benchmarks`` says another folder to each.
RESULTS = Path(os.environ.get("BENCHMARK_RESULTS") or Path(__file__).parent / "results")
# By when it has to be done, servers ended and all: ``python -m benchmarks`` says how long it has.
_UNTIL = time.monotonic() + 0.9 * limit_s()
# Sockets of a client with two servers of 10,000 each, and room.
MAX_FILES = 40_000


def options(
    about: str | None, *, sockets: int | None = None, rounds: int = 5
) -> argparse.ArgumentParser:
    """What benchmarks are told: of how many sockets, how often, and where to."""
    parser = argparse.ArgumentParser(description=about)
    if sockets is not None:
        parser.add_argument("--sockets", type=int, default=sockets)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--only", action="append", help="a contender, as to profile it; repeatable")
    parser.add_argument("--results", type=Path, default=RESULTS, help="a folder to keep them in")
    return parser


def start(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """A server, alone on its core."""
    pinned = ["taskset", "--cpu-list", str(_ALL[0]), *command]
    return subprocess.Popen(pinned, stdin=subprocess.DEVNULL, **options)


def many_sockets() -> None:
    """This process, and what it starts, may have as many as it gets."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        most = max(most, MAX_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):  # only root may have more than it was started with
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def stay_aside() -> None:
    """This process, and what it starts from here on, leaves the server's core alone."""
    os.sched_setaffinity(0, _ALL[1:] or _ALL)


async def rest(seconds: float) -> None:
    """Let what was begun come to its end; not long where only tests look at the figures."""
    await asyncio.sleep(resting_s(seconds))


def resting_s(seconds: float) -> float:
    """For how long ``rest`` does."""
    return seconds * float(os.environ.get("BENCHMARK_REST") or 1)


def cpu_s(pid: int) -> float:
    """Seconds that a process and its children have had a core, to the nanosecond."""
    tasks = list(Path(f"/proc/{pid}/task").glob("*"))
    own = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    children = " ".join((task / "children").read_text() for task in tasks).split()
    return own + sum(cpu_s(int(child)) for child in children)


def memory_kb(pid: int) -> int:
    """What a process has of the machine's memory, its share of what it shares."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def exponent(costs: Mapping[int, float]) -> float:
    """Of the power with which costs grow (1: twice as much costs twice as much).

    Args: costs: by how much there was, each above 0.
    """
    fitted = statistics.linear_regression(
        [math.log(size) for size in costs], [math.log(cost) for cost in costs.values()]
    )
    return fitted.slope


class Verdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    NOT_SHOWN = "not shown"


class Spread(NamedTuple):
    """Of the figures of all rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Self:
        return cls(statistics.median(figures), min(figures), max(figures))


@dataclass(frozen=True)
class Result:
    """What was found of one contender of a claim; the same from every benchmark.

    Args:
    rounds: the figure of each.
    base: who it is compared to, where it is.
    ratio: how many times as good as the base it was, of each round.
    asked: by the claim; empty: nothing, and there is no verdict.
    """

    claim: str
    contender: str
    unit: str
    rounds: list[float]
    spread: Spread
    base: str
    ratio: Spread | None
    asked: str
    verdict: Verdict | None

    def told(self) -> dict[str, Any]:
        """It as JSON has it."""
        rounded = {"rounds": [_rounded(one) for one in self.rounds]}
        rounded |= _named(self.spread, "")
        rounded |= _named(self.ratio, "ratio_") if self.ratio else {}
        return {
            "claim": self.claim, "contender": self.contender, "unit": self.unit,
            "base": self.base, **rounded, "asked": self.asked, "verdict": self.verdict,
        }  # fmt: skip


def _named(spread: Spread, prefix: str) -> dict[str, Any]:
    return {f"{prefix}{name}": _rounded(one) for name, one in spread._asdict().items()}


def _rounded(figure: float) -> float:
    """To what can be meant by it."""
    return float(f"{figure:.5g}")


@dataclass
class Table:
    """A claim: what contenders were measured at, a figure each round, and what is asked of them.

    Args:
    unit: of the figures, of which less is better.
    more_is_better: of the figures more is.
    base: the contender that the others are compared to, round by round; empty: none.
    goals: how many times as good as the base a contender has to be: at least so much.
    budgets: what a contender's own figure may be at most; where more is better, at least.
    """

    claim: str
    unit: str
    base: str = ""
    goals: Mapping[str, float] = field(default_factory=dict)
    budgets: Mapping[str, float] = field(default_factory=dict)
    more_is_better: bool = False
    figures: dict[str, list[float]] = field(default_factory=dict)

    def add(self, contender: str, figure: float) -> None:
        self.figures.setdefault(contender, []).append(figure)

    def ratios(self, contender: str) -> list[float]:
        """Of each round: how many times as good as the base it was (1: they cost the same)."""
        pairs = zip(self.figures[self.base], self.figures[contender], strict=True)
        return [own / base if self.more_is_better else base / own for base, own in pairs]

    def asked(self, contender: str) -> str:
        """What is asked of it, in words; empty: nothing."""
        if self._goal(contender) is not None:
            return f"{self.base} x {self.goals[contender]:g}"
        if (budget := self.budgets.get(contender)) is not None:
            return f"{'>=' if self.more_is_better else '<='} {budget:g}"
        return ""

    def verdict(self, contender: str) -> Verdict | None:
        """Whether that holds in all rounds, in none, or is not shown; None: nothing is asked."""
        if (goal := self._goal(contender)) is not None:
            holds = [ratio >= goal for ratio in self.ratios(contender)]
        elif (budget := self.budgets.get(contender)) is not None:
            own = self.figures[contender]
            holds = [one >= budget if self.more_is_better else one <= budget for one in own]
        else:
            return None
        return Verdict.MET if all(holds) else Verdict.NOT_SHOWN if any(holds) else Verdict.MISSED

    def _goal(self, contender: str) -> float | None:
        return self.goals.get(contender) if self.base in self.figures else None

    def results(self) -> list[Result]:
        return [self._result(name, figures) for name, figures in self.figures.items()]

    def _result(self, name: str, figures: list[float]) -> Result:
        is_compared = self.base in self.figures and name != self.base
        return Result(
            self.claim, name, self.unit, figures, Spread.of(figures),
            self.base if is_compared else "",
            Spread.of(self.ratios(name)) if is_compared else None,
            self.asked(name), self.verdict(name),
        )  # fmt: skip


def turns(count: int, names: Sequence[_Name]) -> Iterator[_Name]:
    """Each of them once a round, every other round from the last to the first."""
    for n in rounds(count):
        yield from names if n % 2 == 0 else reversed(names)


def rounds(count: int) -> Iterator[int]:
    """So many, or as many as there is time for, and one at least."""
    longest_s = 0.0
    for n in range(count):
        began = time.monotonic()
        if n and began + longest_s > _UNTIL:
            print(f"  no time for more than {n} rounds", flush=True)
            return
        yield n
        longest_s = max(longest_s, time.monotonic() - began)


def keep(results: Path, name: str, described: str, tables: Sequence[Table]) -> None:
    """Print what was found, and keep it in that folder as ``NAME.json``."""
    if "BENCHMARK_RESULTS" in os.environ:
        results = RESULTS
    results.mkdir(parents=True, exist_ok=True)
    told = [one.told() for table in tables for one in table.results()]
    whole = {"described": described.splitlines(), "results": told}
    (results / f"{name}.json").write_text(f"{json.dumps(whole, indent=1)}\n", "utf-8")
    print(f"{described}\n\n{written.markdown(told)}", flush=True)
