"""Words that make markup or code of text, or take a defence away, stand nowhere in what we serve.

ruff's rules (S) look at what Python runs; these are for templates, scripts and Django's own doors.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = ("accounts", "config", "notifications", "templates", "examples")
UNSAFE = {
    ".py": ["mark_safe", "SafeString", "SafeText", "html_safe", r"(csrf|csp|options)_exempt"],
    ".html": [
        r"\|\s*safe", "autoescape", "<script(?![^>]* src=)", "<style", r"\son\w+=", r"\sstyle=",
        "javascript:",
    ],
    ".js": [
        "(inner|outer|Adjacent|Unsafe)HTML", "createContextualFragment", r"document\.write",
        "srcdoc", "DOMParser", r"\beval\(", r"\bFunction\(", r"setTimeout\(\s*[\"'`]",
    ],
}  # fmt: skip


def files(ending):
    return [path for app in APPS for path in sorted((ROOT / app).rglob(f"*{ending}"))]


@pytest.mark.parametrize("ending", UNSAFE)
def test_nothing_makes_markup_or_code_of_text(ending):
    unsafe = re.compile("|".join(UNSAFE[ending]))
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files(ending)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if unsafe.search(line)
    ]
    assert not found, "\n".join(found)
    assert len(files(ending)) > 5
