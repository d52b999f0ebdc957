"""As much of Markdown as the pages here use: tables, fenced blocks, headings, links."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
# Folders, beside those whose names begin with a dot.
NOT_OURS = {"node_modules", "var", "vendor"}

_FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```[ \t]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the line on which the text begins."""

    language: str
    text: str
    line: int


def pages():
    """Every page of ours, wherever it lies."""
    found = []
    for folder, folders, files in os.walk(REPOSITORY):
        folders[:] = [name for name in folders if name[0] != "." and name not in NOT_OURS]
        found += [Path(folder) / name for name in files if name.endswith(".md")]
    return sorted(found)


def name_of(page):
    return str(page.relative_to(REPOSITORY))


def blocks(text):
    return [
        Block(found[2].strip(), found[3], text.count("\n", 0, found.start(3)) + 1)
        for found in _FENCE.finditer(text)
    ]


def prose(text):
    """The text with its fenced blocks made blank, line by line."""
    return _FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)


def section(text, heading):
    """What stands under a heading, up to the next one of its rank; "" where there is none."""
    found = [*_HEADING.finditer(prose_of_same_length(text))]
    for index, one in enumerate(found):
        if one[2] == heading:
            later = (other for other in found[index + 1 :] if len(other[1]) <= len(one[1]))
            return text[one.end() : next((other.start() for other in later), len(text))]
    return ""


def prose_of_same_length(text):
    return _FENCE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def headings(text, rank):
    return [found[2] for found in _HEADING.finditer(prose(text)) if len(found[1]) == rank]


def anchors(text):
    """What `#fragments` of links may name, as GitHub makes them of headings."""
    found = set()
    for _, heading in ((one[1], one[2]) for one in _HEADING.finditer(prose(text))):
        words = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
        found.add(words.replace(" ", "-"))
    return found


def tables(text):
    """Each table as a list of rows, each a dict from the column's heading to the cell."""
    found, lines = [], []
    for line in [*prose(text).splitlines(), ""]:
        if line.lstrip().startswith("|"):
            lines.append(_cells(line))
        elif lines:
            head, _, *rows = lines
            found.append([dict(zip(head, row, strict=True)) for row in rows])
            lines = []
    return found


def _cells(line):
    parts = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return [part.replace("\\|", "|").strip() for part in parts]


def rows_with(text, *columns):
    """The rows of all tables that have these columns."""
    return [
        row for table in tables(text) if table and set(columns) <= table[0].keys() for row in table
    ]


def code(cell):
    """The spans of code in a cell."""
    return _CODE.findall(cell)


def links(text):
    """(is an image, text, target) of each link."""
    without_code = _CODE.sub("", prose(text))
    return [(bool(found[1]), found[2], found[3]) for found in _LINK.finditer(without_code)]
