"""SECURITY.md names, for each threat, tests that are there."""

import ast

import pytest

from tests.docs import markdown

PAGE = (markdown.REPOSITORY / "SECURITY.md").read_text("utf-8")
ROWS = markdown.rows_with(PAGE, "threat", "defence", "tests")


def functions_of(path):
    """The names of a file's functions, tests among them."""
    tree = ast.parse((markdown.REPOSITORY / path).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, functions)}


def test_there_is_a_table_of_threats():
    assert len(ROWS) > 20
    assert len({row["threat"] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row["threat"] for row in ROWS])
def test_each_threat_has_a_defence_and_tests_that_are_there(row):
    named = markdown.code(row["tests"])
    assert named, f"Name a test of the defence against: {row['threat']}"
    assert len(row["defence"].split()) >= 3
    for one in named:
        path, _, name = one.partition("::")
        assert (markdown.REPOSITORY / path).is_file(), f"SECURITY.md names {path}, which is gone."
        assert name.startswith("test_"), f"SECURITY.md: {one} is no test."
        assert name in functions_of(path), (
            f"SECURITY.md names {one}, which is not there: name the test that took its place, or "
            "take the row out if the defence has gone."
        )
