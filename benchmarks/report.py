"""What all benchmarks have found: RESULTS.json, and RESULTS.md and plots made of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from benchmarks import plots, tables
from benchmarks.plan import PLAN, Step

HERE = Path(__file__).parent
IMAGES = HERE.parent / "docs" / "images"

_HEAD = """# Results

What [the benchmarks](README.md) found; `make bench` wrote this. A figure is the median of all
rounds, in brackets the least and the most. What is asked for is *met* if it holds in each round,
*missed* if in none, and *not shown* if some rounds hold and others do not. Contenders are
compared within a round.

"""


def take(into: Path, step: Step, folder: Path, said: str, trouble: str) -> None:
    """Put what one run left in that folder in the place of what was found before.

    Args: said: what it printed; it is kept where it left nothing else. trouble: why it has failed.
    """
    files = sorted(folder.glob("*.json"))
    parts = [json.loads(file.read_text("utf-8")) for file in files]
    found = {
        "about": step.about,
        "command": " ".join(["python -m", f"benchmarks.{step.name}", *step.arguments]),
        "described": parts[0]["described"] if parts else [],
        "results": [one for part in parts for one in part["results"]],
        "said": "" if parts or trouble else said.strip(),
        "trouble": trouble,
    }
    results = into / "results"
    results.mkdir(parents=True, exist_ok=True)
    (results / f"{step.file}.json").write_text(f"{json.dumps(found, indent=1)}\n", "utf-8")
    _keep(into, _known(into) | {step.file: found})


def write(into: Path, images: Path, described: str) -> None:
    """Write RESULTS.md and the plots anew, of all that is known."""
    known = _known(into)
    shown = plots.draw(images, known)
    parts = [_HEAD, f"```\n{described}\n```\n", _verdicts(known)]
    for step in PLAN:
        if step.file in known:
            parts.append(_section(known[step.file]))
            if step.file in shown:
                path = os.path.relpath(shown[step.file], into)
                parts.append(f"![The same as a picture]({path})\n")
    (into / "RESULTS.md").write_text("\n".join(parts), "utf-8")


def _verdicts(known: dict[str, Any]) -> str:
    """What was asked for, all in one table."""
    rows = ["| what | asked | measured | |", "| --- | --- | --- | --- |"]
    for step in PLAN:
        for one in known.get(step.file, {}).get("results", ()):
            if one["verdict"]:
                measured = tables.measured(one)
                what = f"{one['claim']}: {one['contender']}"
                rows.append(f"| {what} | {one['asked']} | {measured} | **{one['verdict']}** |")
    return "## What was asked for\n\n" + "\n".join(rows) + "\n"


def _section(found: dict[str, Any]) -> str:
    # The command that it was run by stands above; what it says itself names its folder.
    lines = [f"command  {found['command']}", *found["described"][1:]]
    parts = [f"## {found['about']}\n", "```", *lines, "```\n"]
    if found["trouble"]:
        parts.append(f"Not measured: {found['trouble']}.\n")
    if found["said"]:
        parts += ["```", found["said"], "```\n"]
    return "\n".join([*parts, tables.markdown(found["results"])])


def _known(into: Path) -> dict[str, Any]:
    file = into / "RESULTS.json"
    known: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    # Of a benchmark that is no more nothing is told.
    return {step.file: known[step.file] for step in PLAN if step.file in known}


def _keep(into: Path, known: dict[str, Any]) -> None:
    (into / "RESULTS.json").write_text(f"{json.dumps(known, indent=1)}\n", "utf-8")
