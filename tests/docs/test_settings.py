"""docs/reference/settings.md says of every environment variable what config/settings.py reads."""

import ast
import inspect
from pathlib import Path

import pytest

import config.settings
from config import environment
from notifications import conf
from tests.docs import markdown

CODE = markdown.REPOSITORY / "config" / "settings.py"
PAGE = markdown.DOCS / "reference" / "settings.md"
# What a variable's name ends in, and the unit that its row names.
UNITS = {
    "_PER_S": "per second",
    "_PER_MIN": "per minute",
    "_PER_H": "per hour",
    "_S": "seconds",
    "_MS": "milliseconds",
    "_H": "hours",
    "_BYTES": "bytes",
}


def written(default):
    """A default as the page writes it."""
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, Path):
        return str(default.relative_to(markdown.REPOSITORY))
    if isinstance(default, float):
        return f"{default:g}" if default < 1e6 else f"{default:.0f}"
    if isinstance(default, list):
        return ",".join(default) or "none"
    return "none" if default in {None, ""} else str(default)


def read_by_settings():
    """Variable -> the arguments of the call that reads it, with their values.

    By the source, since a branch that is not taken reads variables too.
    """
    found = {}
    for node in ast.walk(ast.parse(CODE.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="env"), attr="of_app")):
                continue  # its variables are below
            case ast.Call(func=ast.Attribute(value=ast.Name(id="env"), attr=kind)):
                function = inspect.signature(getattr(environment, kind))
                given = function.bind(
                    *map(value_of, node.args),
                    **{word.arg: value_of(word.value) for word in node.keywords},
                )
                found[given.arguments["name"]] = given.arguments
    return found | read_for_the_app()


def read_for_the_app():
    """Likewise for what notifications/conf.py declares: all but what is no number and no switch."""
    return {
        knob.name: {"default": knob.default}
        | ({} if knob.least is None else {"least": knob.least, "most": knob.most})
        for knob in conf.declared()
        if isinstance(knob.default, bool | int | float)
    }


def value_of(expression):
    """What an expression of the settings file is there: `15 * 60`, `VAR_DIR / "secret_key"`."""
    return eval(compile(ast.Expression(expression), str(CODE), "eval"), vars(config.settings))


READ = read_by_settings()
ROWS = {
    markdown.code(row["variable"])[0]: row
    for row in markdown.rows_with(PAGE.read_text("utf-8"), "variable", "default", "values")
}


def test_every_variable_that_is_read_stands_on_the_page():
    missing = READ.keys() - ROWS.keys()
    assert not missing, (
        f"config/settings.py reads {sorted(missing)}: add a row for each to a table of "
        "docs/reference/settings.md, with the columns variable, default, values, meaning."
    )


def test_the_page_names_no_variable_that_is_not_read():
    gone = ROWS.keys() - READ.keys()
    assert not gone, (
        f"docs/reference/settings.md has rows for {sorted(gone)}, which config/settings.py does "
        "not read: remove or rename them."
    )


@pytest.mark.parametrize("name", sorted(READ.keys() & ROWS.keys()))
def test_default_and_bounds_are_those_of_the_code(name):
    call, row = READ[name], ROWS[name]
    default = call.get("default", call.get("file"))
    expected = f"`{written(default)}`"
    assert expected in row["default"], (
        f"{name} is by default {written(default)!r} in config/settings.py: write {expected} into "
        "its row of docs/reference/settings.md, column `default`."
    )
    if "least" in call:
        bounds = f"{written(float(call['least']))} to {written(float(call['most']))}"
        assert bounds in row["values"], (
            f"{name} goes from {bounds} in config/settings.py: write {bounds!r} into its row of "
            "docs/reference/settings.md, column `values`."
        )


@pytest.mark.parametrize("name", sorted(READ.keys() & ROWS.keys()))
def test_a_row_names_the_unit_that_the_variable_has(name):
    for ending, unit in UNITS.items():
        if name.endswith(ending):
            assert unit in ROWS[name]["values"], (
                f"{name} is in {unit}: say so in its row of docs/reference/settings.md, "
                "column `values`."
            )
            return
    assert len(ROWS[name]["meaning"].split()) > 2, f"Say what {name} means in settings.md."


def test_nothing_else_of_the_configuration_reads_the_environment():
    readers = {
        path.name
        for path in (markdown.REPOSITORY / "config").glob("*.py")
        if "os.environ" in path.read_text("utf-8")
    }
    assert readers <= {"environment.py", "settings.py", "asgi.py"}, (
        "Read environment variables in config/settings.py, by the functions of "
        f"config/environment.py; {sorted(readers)} do."
    )
