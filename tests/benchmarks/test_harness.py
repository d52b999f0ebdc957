"""What a claim's figures say: ratios within a round, and what is shown by all rounds alone."""

import json

import pytest

from benchmarks import harness
from benchmarks.harness import Table, Verdict


def table(**asked):
    one = Table("Some claim", "us", "peer", **asked)
    for peer, ours, ours_too in ((10, 20, 8), (12, 12, 9), (20, 20, 10)):
        one.add("peer", peer)
        one.add("ours", ours)
        one.add("ours too", ours_too)
    return one


def test_contenders_are_compared_within_a_round():
    assert table().ratios("ours") == [0.5, 1, 1]
    assert table(more_is_better=True).ratios("ours") == [2, 1, 1]


def test_what_some_rounds_meet_and_others_miss_is_not_shown():
    one = table(goals={"ours": 0.9, "ours too": 0.9})
    assert one.verdict("ours") == Verdict.NOT_SHOWN
    assert one.verdict("ours too") == Verdict.MET
    assert table(goals={"ours": 1.1}).verdict("ours") == Verdict.MISSED
    assert one.verdict("peer") is None


def test_a_goal_says_nothing_without_whom_it_is_compared_to():
    one = Table("Some claim", "us", "peer", goals={"ours": 1.0})
    one.add("ours", 1)
    assert (one.asked("ours"), one.verdict("ours")) == ("", None)
    assert one.results()[0].ratio is None


def test_a_budget_is_of_the_figure_itself():
    one = table(budgets={"ours": 15, "ours too": 15, "peer": 5})
    assert one.asked("ours") == "<= 15"
    assert one.verdict("ours") == Verdict.NOT_SHOWN
    assert one.verdict("ours too") == Verdict.MET
    assert one.verdict("peer") == Verdict.MISSED


def test_where_more_is_better_a_budget_is_the_least():
    one = table(budgets={"ours": 12, "ours too": 12}, more_is_better=True)
    assert one.asked("ours") == ">= 12"
    assert one.verdict("ours") == Verdict.MET
    assert one.verdict("ours too") == Verdict.MISSED


def test_what_grows_as_fast_as_there_is_more_has_the_exponent_1():
    assert harness.exponent({1: 3, 2: 6, 4: 12, 8: 24}) == pytest.approx(1)
    assert harness.exponent({1: 3, 2: 12, 4: 48}) == pytest.approx(2)
    assert harness.exponent({1: 7, 2: 7, 8: 7}) == pytest.approx(0)


def test_what_was_found_is_kept_in_one_kind_of_result(tmp_path, capsys):
    harness.keep(tmp_path / "new", "some", "a machine", [table(goals={"ours": 0.9})])
    found = json.loads((tmp_path / "new" / "some.json").read_text())
    assert found["described"] == ["a machine"]
    assert found["results"][1] == {
        "claim": "Some claim", "contender": "ours", "unit": "us", "base": "peer",
        "rounds": [20, 12, 20], "median": 20, "least": 12, "most": 20,
        "ratio_median": 1, "ratio_least": 0.5, "ratio_most": 1,
        "asked": "peer x 0.9", "verdict": "not shown",
    }  # fmt: skip
    assert (
        "| ours | 20.0 (12.0 to 20.0) | 1.00 (0.50 to 1.00) | peer x 0.9 | **not shown** |"
    ) in capsys.readouterr().out
