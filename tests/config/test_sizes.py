"""No module and no function grows beyond what is read in one go: then a concept wants out."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES_OF_A_MODULE, LINES_OF_A_FUNCTION = 300, 40
# A migration is made by a program, and settings are a list.
APART = {"migrations", "settings.py"}
SCRIPTS = ("notifications/static", "accounts/static")
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders):
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not APART & set(path.parts)
    ]


def test_no_module_is_too_long():
    code = sources("notifications", "accounts", "config", "benchmarks", "examples")
    code += [path for folder in SCRIPTS for path in sorted((ROOT / folder).rglob("*.js"))]
    long = {
        str(path.relative_to(ROOT)): lines
        for path in code
        if (lines := len(path.read_text("utf-8").splitlines())) > LINES_OF_A_MODULE
    }
    assert not long, f"Over {LINES_OF_A_MODULE} lines: {long}. Which concept wants out?"


def test_no_function_is_too_long():
    code = sources("notifications", "accounts", "config", "benchmarks", "examples", "tests")
    long = {
        f"{path.relative_to(ROOT)}: {node.name}": lines
        for path in code
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, FUNCTIONS)
        and (lines := node.end_lineno - node.lineno + 1) > LINES_OF_A_FUNCTION
    }
    assert not long, f"Over {LINES_OF_A_FUNCTION} lines: {long}. Which concept wants out?"
