"""docs/reference/checks.md says of every id what the code of the checks has, and no other."""

import ast

from tests.docs import markdown

PAGE = (markdown.DOCS / "reference" / "checks.md").read_text("utf-8")
ROWS = markdown.rows_with(PAGE, "id", "what is wrong", "remedy")


def ids_of_the_code():
    files = [
        markdown.REPOSITORY / "accounts" / "checks.py",
        *(markdown.REPOSITORY / "notifications" / "checks").glob("*.py"),
    ]
    calls = (node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8"))))
    return [
        word.value.value
        for call in calls
        if isinstance(call, ast.Call)
        for word in call.keywords
        if word.arg == "id"
    ]


def test_the_page_has_a_row_for_each_check_and_no_other():
    documented = [markdown.code(row["id"])[0] for row in ROWS]
    assert sorted(documented) == sorted(ids_of_the_code()), (
        "docs/reference/checks.md has one row for each id of notifications/checks/ and "
        "accounts/checks.py (columns id, what is wrong, remedy)."
    )


def test_an_id_is_used_once():
    found = ids_of_the_code()
    assert len(found) == len(set(found)) > 20
