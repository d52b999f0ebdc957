"""The benchmarks that start servers run: figures are made of it elsewhere, on a quiet machine."""

import json
import os
import subprocess
import sys

import pytest


def run(name, *arguments):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COV", "PYTEST"))}
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments],
        env=kept, check=False, timeout=300, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "contenders"),
    [("fanout", ["websockets", "hub, uvicorn"]), ("everyone", ["SQLite"])],
)
def test_it_measures_each_of_its_contenders_once_a_round(tmp_path, name, contenders):
    only = [word for one in contenders for word in ("--only", one)]
    run(name, "--sockets", "5", "--rounds", "2", *only, "--results", str(tmp_path))
    for table in json.loads((tmp_path / f"{name}.json").read_text())["tables"]:
        assert {one: len(figures) for one, figures in table["figures"].items()} == dict.fromkeys(
            contenders, 2
        )


def test_handshakes_and_idle_sockets_are_measured(tmp_path):
    run("handshakes", "--sockets", "5", "--rounds", "2", "--results", str(tmp_path))
    costs, memory = json.loads((tmp_path / "handshakes.json").read_text())["tables"]
    assert all(len(figures) == 2 for figures in costs["figures"].values())
    assert memory["figures"]


def test_sends_are_measured(tmp_path):
    some = ("--sends", "20", "--rounds", "2", "--database", "sqlite")
    run("sends", *some, "--results", str(tmp_path))
    for table in json.loads((tmp_path / "sends.json").read_text())["tables"]:
        assert {one: len(figures) for one, figures in table["figures"].items()} == {
            "API, SQLite": 2,
            "--jsonl, SQLite": 2,
        }


def test_parts_are_measured():
    said = run("parts", "--rounds", "1")
    for part in ("a hint of 1,000 rows", "marked as delivered", "idle dispatcher"):
        assert part in said
