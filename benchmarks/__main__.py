"""``python -m benchmarks`` runs all of them, one after the other and each alone, and writes down
what was found: ``results/NAME.json`` of each, RESULTS.json and RESULTS.md of all, plots in
docs/images.

``python -m benchmarks push storm`` runs some; what was found of the others stays as it is. Who
takes longer than its share is ended, and what nobody has time for any more is left out, so that
all is done within ``--minutes``; ``--long`` asks for more of some, in as long as it takes.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks import machine, report
from benchmarks.plan import LONG, PLAN, Step

# Seconds that one has to end its servers in.
_ENDING_S = 30
# For that long one may run with --long.
_LONG_S = 3600
# Of what one printed that has failed.
_MOST_SAID = 4_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="of benchmarks; all without")
    parser.add_argument("--minutes", type=float, default=20, help="in which all is done")
    parser.add_argument("--long", action="store_true", help="more of some, for as long as it takes")
    parser.add_argument("--into", type=Path, default=report.HERE, help="the folder of RESULTS.*")
    parser.add_argument("--plots", type=Path, default=report.IMAGES)
    options = parser.parse_args()
    steps = [one for one in PLAN if one.name in options.names or not options.names]
    if unknown := set(options.names) - {one.name for one in PLAN}:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    if options.long:
        steps = [_longer(one) for one in steps]
    # Whoever ends it ends what it has started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended."))
    until = float("inf") if options.long else time.monotonic() + options.minutes * 60
    described = machine.describe()
    failed = [one.file for one in steps if not _run(one, until, options.into)]
    report.write(options.into, options.plots, described)
    if failed:
        sys.exit(f"Not measured: {', '.join(failed)}")


def _longer(step: Step) -> Step:
    return replace(step, limit_s=_LONG_S, arguments=LONG.get(step.file, step.arguments))


def _run(step: Step, until: float, into: Path) -> bool:
    """Whether it was measured; either way the results of before are replaced."""
    limit_s = min(step.limit_s, until - time.monotonic())
    print(f"\n=== {step.file}: {' '.join(step.arguments)}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="benchmark-results-") as folder:
        said, trouble = _said(step, Path(folder), limit_s)
        print(f"  {trouble or f'{time.monotonic() - began:.0f} s'}", flush=True)
        report.take(into, step, Path(folder), said, trouble)
    return not trouble


def _said(step: Step, folder: Path, limit_s: float) -> tuple[str, str]:
    """What it printed, and what went wrong."""
    if limit_s <= 0:
        return "", "there was no time left for it"
    out = folder / "said.txt"
    told = {"BENCHMARK_RESULTS": str(folder), "BENCHMARK_LIMIT_S": str(limit_s)}
    with out.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.{step.name}", *step.arguments],
            env=os.environ | told, stdin=subprocess.DEVNULL,
            stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            status = process.wait(limit_s)
            trouble = f"it ended with {status}" if status else ""
        except subprocess.TimeoutExpired:
            trouble = f"it took longer than {limit_s:.0f} s"
        finally:
            _end(process)
    said = out.read_text("utf-8", "replace")
    out.unlink()
    if trouble:
        print(said[-_MOST_SAID:], flush=True)
    return said, trouble


def _end(process: subprocess.Popen[bytes]) -> None:
    """By Ctrl-C, so that it ends its servers; whatever is left of them then is killed."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
