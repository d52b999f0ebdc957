"""What all benchmarks share: processes on cores of their own, turns, ratios, and tables of them.

Two contenders are only ever compared within a round: the machine may be another one an hour later.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import machine

_ALL = sorted(os.sched_getaffinity(0))
_RESULTS = Path(__file__).parent / "results"


def options(about: str | None, *, sockets: int) -> argparse.ArgumentParser:
    """What benchmarks with rounds are told: of how many sockets, how often, and where to."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--sockets", type=int, default=sockets)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", help="a contender, as to profile it; repeatable")
    parser.add_argument("--results", type=Path, default=_RESULTS, help="a folder to keep them in")
    return parser


def start(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """A server, alone on its core."""
    pinned = ["taskset", "--cpu-list", str(_ALL[0]), *command]
    return subprocess.Popen(pinned, stdin=subprocess.DEVNULL, **options)


def many_sockets() -> None:
    """This process may have as many as the kernel allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def stay_aside() -> None:
    """This process, and what it starts from here on, leaves the server's core alone."""
    os.sched_setaffinity(0, _ALL[1:] or _ALL)


def cpu_s(pid: int) -> float:
    """Seconds that a process and its children have had a core, to the nanosecond."""
    tasks = list(Path(f"/proc/{pid}/task").glob("*"))
    own = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    children = " ".join((task / "children").read_text() for task in tasks).split()
    return own + sum(cpu_s(int(child)) for child in children)


@dataclass
class Table:
    """What contenders were measured at, a figure each round, and what is to be shown by that.

    Args:
    unit: of the figures, of which less is better.
    base: the contender that the others are compared to, round by round; empty: none.
    goals: how often the figure of the base has to go into a contender's own: at least so much.
    budgets: what a contender's own figure may be at most.
    """

    claim: str
    unit: str
    base: str = ""
    goals: Mapping[str, float] = field(default_factory=dict)
    budgets: Mapping[str, float] = field(default_factory=dict)
    figures: dict[str, list[float]] = field(default_factory=dict)

    def add(self, contender: str, figure: float) -> None:
        self.figures.setdefault(contender, []).append(figure)

    def ratios(self, contender: str) -> list[float]:
        """Of each round: the base's figure by this one's (1: they cost the same)."""
        pairs = zip(self.figures[self.base], self.figures[contender], strict=True)
        return [base / own for base, own in pairs]

    def verdict(self, contender: str) -> str:
        """Whether what is asked of it holds in all rounds, in none, or is not shown."""
        if (goal := self.goals.get(contender)) is not None:
            holds, asked = [ratio >= goal for ratio in self.ratios(contender)], f">= {goal:g}"
        elif (budget := self.budgets.get(contender)) is not None:
            holds, asked = [own <= budget for own in self.figures[contender]], f"<= {budget:g}"
        else:
            return ""
        return f"{asked}: {'met' if all(holds) else 'not shown' if any(holds) else 'missed'}"

    def markdown(self) -> str:
        heads = ["", self.unit, *([f"{self.base} / this"] if self.base else []), "asked"]
        rows = [heads, ["---"] * len(heads)]
        for name, figures in self.figures.items():
            ratio = [machine.spread(self.ratios(name))] if self.base else []
            rows.append([name, machine.spread(figures, digits=1), *ratio, self.verdict(name)])
        lines = (f"| {' | '.join(row)} |" for row in rows)
        return f"{self.claim}:\n\n" + "\n".join(lines) + "\n"


def turns(rounds: int, names: Sequence[str]) -> Iterator[str]:
    """Each of them once a round, every other round from the last to the first."""
    for n in range(rounds):
        yield from names if n % 2 == 0 else reversed(names)


def keep(results: Path, name: str, described: str, tables: Sequence[Table]) -> None:
    """Print them, and keep them in that folder as ``NAME.md`` and ``NAME.json``."""
    results.mkdir(exist_ok=True)
    text = f"```\n{described}\n```\n\n" + "\n".join(table.markdown() for table in tables)
    (results / f"{name}.md").write_text(text, "utf-8")
    told = [
        {"claim": t.claim, "unit": t.unit, "base": t.base, "figures": t.figures,
         "verdicts": {one: t.verdict(one) for one in t.figures if t.verdict(one)}}
        for t in tables
    ]  # fmt: skip
    whole = {"described": described.splitlines(), "tables": told}
    (results / f"{name}.json").write_text(json.dumps(whole, indent=1) + "\n", "utf-8")
    print(text, flush=True)
