"""What a table of figures says: ratios within a round, and what is shown by all rounds alone."""

import json

from benchmarks import harness
from benchmarks.harness import Table


def table(**asked):
    one = Table("Some claim", "us", "peer", **asked)
    for peer, ours, ours_too in ((10, 20, 8), (12, 12, 9), (20, 20, 10)):
        one.add("peer", peer)
        one.add("ours", ours)
        one.add("ours too", ours_too)
    return one


def test_contenders_are_compared_within_a_round():
    assert table().ratios("ours") == [0.5, 1, 1]
    assert table().ratios("peer") == [1, 1, 1]


def test_what_some_rounds_meet_and_others_miss_is_not_shown():
    one = table(goals={"ours": 0.9, "ours too": 0.9})
    assert (one.verdict("ours"), one.verdict("ours too")) == (">= 0.9: not shown", ">= 0.9: met")
    assert table(goals={"ours": 1.1}).verdict("ours") == ">= 1.1: missed"
    assert one.verdict("peer") == ""


def test_a_budget_is_of_the_figure_itself():
    one = table(budgets={"ours": 15, "ours too": 15, "peer": 5})
    assert one.verdict("ours") == "<= 15: not shown"
    assert one.verdict("ours too") == "<= 15: met"
    assert one.verdict("peer") == "<= 5: missed"


def test_tables_are_kept_for_people_and_for_programs(tmp_path):
    harness.keep(tmp_path / "new", "some", "a machine", [table(goals={"ours": 0.9})])
    text = (tmp_path / "new" / "some.md").read_text()
    assert "| ours | 20.0 (12.0 to 20.0) | 1.00 (0.50 to 1.00) | >= 0.9: not shown |" in text
    told = json.loads((tmp_path / "new" / "some.json").read_text())
    assert told["tables"][0]["figures"]["ours"] == [20, 12, 20]
    assert told["tables"][0]["verdicts"] == {"ours": ">= 0.9: not shown"}
