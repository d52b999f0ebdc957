"""The benchmarks run: figures are made of it elsewhere, on a quiet machine."""

import json
import os
import subprocess
import sys

import pytest

from benchmarks.plan import LONG, PLAN

# As little as each can measure, and who is left out for what it would take.
SMALL = {
    "fanout": [
        "--sockets=5",
        "--only=websockets",
        "--only=python-socketio",
        "--only=hub, uvicorn",
        "--only=tutorial, uvicorn",
        "--only=tutorial, Daphne",
    ],
    "everyone": ["--sockets=5", "--only=SQLite"],
    "push": ["--sockets=5", "--only=SQLite", "--seconds=0.2"],
    "handshakes": ["--sockets=5"],
    "idle": ["--sockets=5", "--seconds=0.1"],
    "storm": [
        "--sockets=10",
        "--users=5",
        "--only=uvicorn",
        "--only=tutorial, uvicorn",
        "--only=tutorial, Daphne",
    ],
    # More than a chunk: what fits one is dispatched where it is sent.
    "dispatch": ["--recipients=1001", "--database=sqlite"],
    "sends": ["--sends=20", "--database=sqlite"],
    "growth": ["--sockets=2", "--recipients=5", "--times", "1", "2"],
    "depth": ["--recipients=2", "--items=1", "--times", "1", "2", "--only=SQLite"],
    "cores": ["--sockets=2", "--processes", "1", "2"],
    "transports": ["--users=2", "--messages=1", "--mean-gap=0.1", "--interval=0.2"],
    "listen": ["--sockets=4", "--seconds=0.3", "--rate=20", "--only=after"],
    "browser": ["--loads=1", "--sends=1", "--rows=2", "--arrivals=2", "--kept=2"],
    "parts": [],
}


def run(*arguments, status=0):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COV", "PYTEST"))}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        env=kept | {"BENCHMARK_REST": "0.1"},
        check=False, timeout=300, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", SMALL)
def test_it_measures_what_it_claims_and_keeps_that(tmp_path, name):
    run(f"benchmarks.{name}", "--rounds=1", *SMALL[name], f"--results={tmp_path}")
    (file,) = tmp_path.glob(f"{name}*.json")
    results = json.loads(file.read_text())["results"]
    assert results
    # Who stood twice in a claim's table would be taken for another.
    rows = {(one["claim"], one["unit"], one["contender"]) for one in results}
    assert len(rows) == len(results)
    for one in results:
        assert one["claim"], one
        assert one["rounds"], one
        assert one["least"] <= one["median"] <= one["most"], one
        assert bool(one["asked"]) == bool(one["verdict"]), one


def test_all_are_run_by_one_command_which_writes_down_what_they_found(tmp_path):
    command = ["benchmarks", f"--into={tmp_path}", f"--plots={tmp_path / 'plots'}"]
    run(*command, "start_up", "dashboard")
    known = json.loads((tmp_path / "RESULTS.json").read_text())
    assert list(known) == ["dashboard", "start_up"]
    assert json.loads((tmp_path / "results" / "start_up.json").read_text()) == known["start_up"]
    text = (tmp_path / "RESULTS.md").read_text()
    assert "| the difference |" in text
    for name in known:
        assert f"(plots/benchmark-{name}.svg)" in text
        assert (tmp_path / "plots" / f"benchmark-{name}.svg").read_text().startswith("<?xml")

    # What there is no time for is said, in the place of what was found before.
    run(*command, "dashboard", "--minutes=0", status=1)
    assert "Not measured: there was no time left for it." in (tmp_path / "RESULTS.md").read_text()
    now = json.loads((tmp_path / "RESULTS.json").read_text())
    assert now["dashboard"]["results"] == []
    assert now["start_up"] == known["start_up"]


def test_each_run_has_a_name_of_its_own_and_each_benchmark_is_tried_here():
    names = [step.file for step in PLAN]
    assert len(set(names)) == len(names)
    assert set(LONG) <= set(names)
    elsewhere = {"dashboard", "search", "start_up"}
    assert {step.name for step in PLAN} - elsewhere == set(SMALL)
