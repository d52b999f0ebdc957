"""The benchmarks that start servers run: figures are made of it elsewhere, on a quiet machine."""

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("name", "contenders"),
    [("fanout", ["websockets", "hub, uvicorn"]), ("everyone", ["SQLite"])],
)
def test_it_measures_each_of_its_contenders_once_a_round(tmp_path, name, contenders):
    only = [word for one in contenders for word in ("--only", one)]
    command = ["-m", f"benchmarks.{name}", "--sockets", "5", "--rounds", "2", *only]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COV", "PYTEST"))}
    subprocess.run(
        [sys.executable, *command, "--results", str(tmp_path)],
        env=kept, check=True, timeout=300, capture_output=True, text=True,
    )  # fmt: skip
    for table in json.loads((tmp_path / f"{name}.json").read_text())["tables"]:
        assert {one: len(figures) for one, figures in table["figures"].items()} == dict.fromkeys(
            contenders, 2
        )
