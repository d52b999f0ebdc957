"""Characters as people see them: a family, a flag and a letter with its accents are one each."""

from __future__ import annotations

from typing import Final

import regex

_CLUSTER: Final = regex.compile(r"\X")
# Before the first combining mark; between two of these a text may be cut anywhere.
_PLAIN_BELOW: Final = "\u0300"


def cut(text: str, most: int) -> str:
    """The beginning of a text, at most so many code points, without half a character at its end."""
    if len(text) <= most:
        return text
    if text[most] < _PLAIN_BELOW and text[most - 1 : most + 1] != "\r\n":
        return text[:most]
    ends = (cluster.end() for cluster in _CLUSTER.finditer(text[: most + 1]))
    end = max((place for place in ends if place <= most), default=0)
    # A single one that is longer than that is no character that anybody wrote.
    return text[: end or most]
