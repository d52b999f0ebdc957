"""What ``python -m benchmarks`` writes: each claim once, and of each that failed that it did."""

import json
import signal
import sys

import pytest

from benchmarks import __main__ as command
from benchmarks import report
from benchmarks.harness import Table, keep
from benchmarks.plan import Step

PLAN = (
    Step("one", "The first", 60, ("--rounds", "2"), "small"),
    Step("one", "The same with more", 60, variant="large"),
    Step("other", "Another", 60),
)


@pytest.fixture
def plan(monkeypatch):
    """Whoever runs or writes goes by these steps, or by those that are given."""

    def use(*steps):
        monkeypatch.setattr(report, "PLAN", steps)
        monkeypatch.setattr(command, "PLAN", steps)

    use(*PLAN)
    return use


@pytest.fixture
def take(tmp_path, plan):
    """Let a step have found these figures, or have failed for a reason."""

    def taken(step, *figures, trouble=""):
        folder = tmp_path / "left" / str(len(list(tmp_path.glob("left/*"))))
        folder.mkdir(parents=True)
        if figures:
            budgets = {"ours": 2.0}
            tables = [
                Table(f"{step.file}: it is fast", "ms", budgets=budgets),
                Table(f"{step.file}: it is small", "KB"),
            ]
            for table in tables:
                for figure in figures:
                    table.add("ours", figure)
                    table.add("theirs", figure)
            keep(folder, step.name, "command  some\nmachine  one", tables)
        report.take(tmp_path, step, folder, "What it printed.", trouble)
        report.write(tmp_path, tmp_path / "plots", "A machine")

    return taken


def claims(text):
    """The headings of tables, as they stand there."""
    return [line.split("; ")[0] for line in text.splitlines() if line.endswith("rounds:")]


def test_each_claim_stands_there_once_however_often_it_was_measured(take, tmp_path, capsys):
    for figures in ((1, 3), (1, 2)):
        for step in PLAN:
            take(step, *figures)
    found = json.loads((tmp_path / "RESULTS.json").read_text())
    assert list(found) == [step.file for step in PLAN]
    results = [one for step in found.values() for one in step["results"]]
    assert all(one["rounds"] == [1, 2] for one in results)
    assert len({(one["claim"], one["contender"]) for one in results}) == len(results) == 12

    text = (tmp_path / "RESULTS.md").read_text()
    wanted = [f"{step.file}: it is {what}" for step in PLAN for what in ("fast", "small")]
    assert claims(text) == wanted
    for step in PLAN:
        assert text.count(f"## {step.about}\n") == 1
        # What is asked for stands above once more, and nothing else does.
        row = f"| {step.file}: it is fast: ours | <= 2 | 1.50 (1.00 to 2.00) ms | **met** |"
        assert text.count(row) == 1
    assert "it is small: ours" not in text


def test_of_one_that_failed_stands_there_that_it_did_and_no_figure_of_before(
    take, tmp_path, capsys
):
    for step in PLAN:
        take(step, 1, 2)
    take(PLAN[1], trouble="it ended with 1")
    text = (tmp_path / "RESULTS.md").read_text()
    assert text.count("Not measured: it ended with 1.") == 1
    assert not any(claim.startswith("one-large") for claim in claims(text))
    assert len(claims(text)) == 4


def test_one_that_fails_is_told_and_the_others_are_measured(plan, tmp_path, monkeypatch, capfd):
    quick = ("--rounds", "1")
    plan(
        Step("start_up", "Told nonsense", 60, ("--nonsense",), "nonsense"),
        Step("no_such_benchmark", "Not there", 60),
        Step("start_up", "Too slow", 0.01, quick, "slow"),
        Step("start_up", "Measured", 200, quick, "measured"),
    )
    into = [f"--into={tmp_path}", f"--plots={tmp_path / 'plots'}"]
    monkeypatch.setattr(sys, "argv", ["benchmarks", *into])
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as ended:
            command.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    failed = "start_up-nonsense, no_such_benchmark, start_up-slow"
    assert ended.value.code == f"Not measured: {failed}"
    assert "--nonsense" in capfd.readouterr().out  # why, as it said itself

    found = json.loads((tmp_path / "RESULTS.json").read_text())
    assert [found[name]["trouble"] for name in found] == [
        "it ended with 2", "it ended with 1", "it took longer than 0 s", "",
    ]  # fmt: skip
    assert [bool(one["results"]) for one in found.values()] == [False, False, False, True]
    text = (tmp_path / "RESULTS.md").read_text()
    assert text.count("Not measured: ") == 3
    assert "| the difference |" in text
