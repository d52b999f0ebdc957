"""The web addresses in a text that somebody typed. ``links.js`` is its twin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Up to a blank, a quote or a bracket that no address holds, or what turns the direction of a text.
_ADDRESS = re.compile(
    r"""(?<![\w@/])https?://[^\s<>"'`{}|\\^\u200e\u200f\u202a-\u202e\u2066-\u2069]+""",
    re.IGNORECASE,
)
# What ends a sentence, in whatever script: it belongs to that, not to the address.
_TRAILING = ".,;:!?*_~'\"…·“”‘’«»、。，；：！？،؛؟।"  # noqa: RUF001
_BRACKETS = {")": "(", "]": "[", "）": "（"}  # noqa: RUF001
_HOST = re.compile(r"https?://([^/?#]+)", re.IGNORECASE)
_HOST_BEGINS = re.compile(r"[^\W_]|\[")


@dataclass(frozen=True)
class Piece:
    """A stretch of the text, and whether it is an address."""

    text: str
    is_address: bool


def pieces(text: str) -> Iterator[Piece]:
    """The text in its order, cut where addresses begin and end. Nothing is lost."""
    at = 0
    for match in _ADDRESS.finditer(text):
        address = _trimmed(match.group())
        if not _is_safe(address):
            continue
        if match.start() > at:
            yield Piece(text[at : match.start()], is_address=False)
        at = match.start() + len(address)
        yield Piece(address, is_address=True)
    if at < len(text):
        yield Piece(text[at:], is_address=False)


def _trimmed(address: str) -> str:
    while address:
        last = address[-1]
        opening = _BRACKETS.get(last)
        is_unmatched = opening is not None and address.count(last) > address.count(opening)
        if last not in _TRAILING and not is_unmatched:
            break
        address = address[:-1]
    return address


def _is_safe(address: str) -> bool:
    """Whether it leads where it seems to: ``https://bank.example@evil.example/`` does not."""
    host = _HOST.match(address)
    return host is not None and "@" not in host[1] and _HOST_BEGINS.match(host[1]) is not None
