"""Reads JSON that others wrote: only what any parser would read alike, and a database can hold.

So no NaN, no two members of one name, no lone surrogates, no NUL.
"""

from __future__ import annotations

import json
import re
from typing import Any

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_DIGITS_MAX = 400


def loads(text: bytes | str) -> Any:
    """The value that ``text`` stands for.

    Raises: ValueError: with what is wrong.
    """
    if isinstance(text, bytes):
        # Not left to json: it would take UTF-16 too.
        text = text.decode()
    try:
        value = json.loads(
            text, object_pairs_hook=_members, parse_constant=_no_number, parse_int=_integer
        )
    except RecursionError:
        raise ValueError("It is nested too deep.") from None
    _check(value)
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("An object has two members of one name.")
    return members


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON.")


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS_MAX:
        raise ValueError("A number has too many digits.")
    return int(digits)


def _check(value: Any) -> None:
    """No text holds NUL, which PostgreSQL cannot store, or half a character, which UTF-8 cannot."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if _UNSTORABLE.search(item):
                raise ValueError("Text holds NUL or a lone surrogate.")
        elif isinstance(item, dict):
            waiting += [*item, *item.values()]
        elif isinstance(item, list):
            waiting += item
