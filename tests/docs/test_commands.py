"""docs/reference/commands.md says of every management command what its parser takes."""

import argparse
import re

import pytest

from tests.docs import commands, markdown

PAGE = (markdown.DOCS / "reference" / "commands.md").read_text("utf-8")
NAMES = sorted(commands.names())


def rows(name):
    return markdown.rows_with(markdown.section(PAGE, name), "option", "default", "meaning")


def spelled(action):
    return action.option_strings or [action.metavar or action.dest]


def documented(name):
    """Every spelling in the first column: `--user NAME` and `-6` and `title`."""
    spans = [span for row in rows(name) for span in markdown.code(row["option"])]
    return {span.split()[0] for span in spans}


def row_of(name, action):
    return next(row for row in rows(name) if spelled(action)[0] in documented_in(row))


def documented_in(row):
    return {span.split()[0] for span in markdown.code(row["option"])}


def written(default):
    if default in (None, "", argparse.SUPPRESS) or default is False:
        return "none"
    return "on" if default is True else str(default)


def test_every_command_has_a_section_and_every_section_a_command():
    sections = set(markdown.headings(PAGE, 2)) - {"What all have in common"}
    assert sections == set(NAMES), (
        "docs/reference/commands.md has a section `## name` for each management command; "
        f"add {sorted(set(NAMES) - sections)}, remove {sorted(sections - set(NAMES))}."
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_option_stands_in_its_commands_table(name):
    taken = {spelling for action in commands.options_of(name) for spelling in spelled(action)}
    missing, gone = taken - documented(name), documented(name) - taken
    assert not missing, (
        f"`manage.py {name}` takes {sorted(missing)}: add a row for each to the table of the "
        f"section `## {name}` of docs/reference/commands.md (columns option, default, meaning)."
    )
    assert not gone, (
        f"The section `## {name}` of docs/reference/commands.md has {sorted(gone)}, which "
        f"`manage.py {name}` does not take: remove or rename them."
    )


@pytest.mark.parametrize("name", NAMES)
def test_defaults_and_choices_are_those_of_the_parser(name):
    for action in commands.options_of(name):
        row, option = row_of(name, action), spelled(action)[0]
        if action.required:
            assert row["default"] == "required", f"{name} {option} is required: say so."
            continue
        if action.nargs != 0:
            assert f"`{written(action.default)}`" in row["default"], (
                f"{name} {option} is by default {written(action.default)!r}: write it into its "
                "row of docs/reference/commands.md, column `default`."
            )
        for choice in action.choices or ():
            assert f"`{choice}`" in row["meaning"], (
                f"{name} {option} may be {choice!r}: name it in its row of commands.md."
            )


@pytest.mark.parametrize("name", NAMES)
def test_every_section_tells_the_exit_status_and_shows_an_example(name):
    section = markdown.section(PAGE, name)
    assert re.search(r"Exit status", section), f"Say in commands.md what {name} exits with."
    assert f"manage.py {name}" in section, f"Show in commands.md how {name} is called."


@pytest.mark.parametrize("page", markdown.pages(), ids=markdown.name_of)
def test_what_the_pages_call_is_taken_by_the_parsers(page):
    for name, arguments in commands.called_in(page.read_text("utf-8")):
        if name not in NAMES:
            continue  # one of Django's
        parser = commands.parser_of(name)
        parser.called_from_command_line = False  # so that it raises, and does not exit
        parser.parse_args(arguments)
