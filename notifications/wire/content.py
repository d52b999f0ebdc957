"""What a notification may say. Each check raises ``ValueError`` with the cause and the remedy.

The model calls them, so admin, API, command and ORM refuse the same input.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from notifications.wire import contract

_NUL_OR_SURROGATE = re.compile("[\0\ud800-\udfff]")
# C0, DEL and C1. Neither is text, and a terminal or a log takes some of them for commands.
CONTROL = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")
CONTROL_BUT_LINES = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# What turns the direction of the text around it: such a line shows as something else than it says.
# The marks that languages written from right to left need (U+200E, U+200F, U+061C) are left.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Never seen: tags, but for those of a flag; and what annotates, or was given up.
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,16}\U000e007f")
_UNSEEN = re.compile("[\u206a-\u206f\ufff9-\ufffb\U000e0000-\U000e007f]")
# Letters and symbols by their category, but blank: fillers of Hangul, and Braille without a dot.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
_CATEGORY = re.compile(r"[a-z0-9][a-z0-9_.-]*")


def check_line(text: str) -> None:
    """One line of text: no control characters, no lone surrogates."""
    _refuse(CONTROL, text)


def check_title(text: str) -> None:
    """One line that shows something, and shows it as it is."""
    check_line(text)
    _refuse(_TURNING, text)
    _refuse(_UNSEEN, _FLAG.sub(lambda flag: "x" * len(flag.group()), text))
    if not _shows_something(text):
        raise ValueError("A title must hold more than blanks and what cannot be seen.")


def check_sender(text: str) -> None:
    """Nobody, or a name that people can see."""
    if text:
        check_title(text)


def _shows_something(text: str) -> bool:
    """Whether a letter, a digit, a symbol or a mark of punctuation is in it."""
    return any(
        unicodedata.category(character)[0] in "LNSP" and character not in _BLANK_LETTERS
        for character in text
    )


def check_text(text: str) -> None:
    """Lines of text: line feeds and tabs, but no other control characters, no lone surrogates."""
    _refuse(CONTROL_BUT_LINES, text)


def check_category(text: str) -> None:
    """A word that people can mute: lower-case letters, digits, ``_``, ``.`` and ``-``."""
    if not _CATEGORY.fullmatch(text):
        raise ValueError(
            "A category is lower-case letters, digits, '_', '.' and '-', and starts with a letter "
            "or digit."
        )


def check_url(url: str) -> None:
    """A path on this site (``/orders/7``) or an address that starts with ``https://``.

    Browsers drop tabs and line feeds inside an address and take ``\\`` for ``/``, so both would
    let ``/\\evil.example`` through; they are refused with every other blank.
    """
    check_line(url)
    # Not character by character: each is looked at whenever it is written into a frame.
    if (url and url.split() != [url]) or "\\" in url:
        raise ValueError("A URL holds no blanks and no backslashes; percent-encode them.")
    if url.startswith("/"):
        if url.startswith("//"):
            raise ValueError("A path starts with one slash; two would lead to another site.")
        return
    if not url.startswith("https://"):
        raise ValueError("A URL is a path on this site ('/orders/7') or starts with 'https://'.")
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in parts.netloc:
        raise ValueError("That https address has no usable host name.")


def check_actions(actions: object) -> None:
    """At most two of ``{"label": ..., "url": ...}``."""
    if not isinstance(actions, Sequence) or isinstance(actions, str):
        raise ValueError("Actions are a list.")
    if len(actions) > contract.ACTIONS_MAX_COUNT:
        raise ValueError(f"At most {contract.ACTIONS_MAX_COUNT} actions.")
    for action in actions:
        if not isinstance(action, Mapping) or set(action) != {"label", "url"}:
            raise ValueError("An action has a label and a url, and nothing else.")
        label, url = action["label"], action["url"]
        if not isinstance(label, str) or not isinstance(url, str):
            raise ValueError("An action's label and url are text.")
        check_title(label)
        if len(label) > contract.ACTION_LABEL_MAX_LENGTH:
            raise ValueError(
                f"An action's label has at most {contract.ACTION_LABEL_MAX_LENGTH} characters."
            )
        if len(url) > contract.URL_MAX_LENGTH:
            raise ValueError(f"An action's url has at most {contract.URL_MAX_LENGTH} characters.")
        check_url(url)


def check_data(data: object) -> None:
    """A JSON object of at most 2 kB that every JSON parser reads alike."""
    if not isinstance(data, Mapping):
        raise ValueError("Data is a JSON object.")
    _check_json(data, depth=1)
    if (
        len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())
        > contract.DATA_MAX_BYTES
    ):
        raise ValueError(f"Data has at most {contract.DATA_MAX_BYTES} bytes as JSON.")


def _check_json(value: object, *, depth: int) -> None:
    if isinstance(value, Mapping | list | tuple):
        if depth > contract.DATA_MAX_DEPTH:
            raise ValueError(f"Data is nested at most {contract.DATA_MAX_DEPTH} deep.")
        for inner in _parts(value):
            _check_json(inner, depth=depth + 1)
    elif isinstance(value, str):
        _refuse(_NUL_OR_SURROGATE, value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("Data holds a number that JSON cannot say.")
    elif isinstance(value, int):
        if abs(value) > contract.INTEGER_MAX:
            raise ValueError("Data holds an integer beyond 2^53 - 1; send it as text.")
    elif value is not None:
        raise ValueError(f"Data holds a {type(value).__name__}, which JSON cannot say.")


def _parts(value: Mapping[object, object] | list[object] | tuple[object, ...]) -> list[object]:
    if not isinstance(value, Mapping):
        return list(value)
    if not all(isinstance(key, str) for key in value):
        raise ValueError("Data has keys that are not text.")
    return [*value.keys(), *value.values()]


def _refuse(pattern: re.Pattern[str], text: str) -> None:
    if match := pattern.search(text):
        code = f"U+{ord(match.group()):04X}"
        raise ValueError(f"Character {match.start() + 1} is {code}, which text must not hold.")
