"""Words to look for, and texts in which to look: what counts as a word, and as the same one.

The databases' own indexes go by nearly the same rules. What is here is for what they are asked, and
for where there is none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby

# What stands above or below a letter of the alphabets that are written with them.
_ACCENTS = re.compile("[\u0300-\u036f]+")
_ASCII_WORD = re.compile("[A-Za-z0-9]+")


def words_of(text: str) -> list[str]:
    """The runs of letters, digits and their marks; whatever else is in the text parts them."""
    if text.isascii():
        # The same in a tenth of the time, and most texts are: without an index all are read.
        return _ASCII_WORD.findall(text)
    kept = "".join(one if _is_of_words(one) else " " for one in text)
    return [word for word in kept.split() if not _is_of_marks(word)]


def folded(text: str) -> str:
    """The text without what a search does not go by: case, accents, and forms of a letter."""
    if text.isascii():
        return text.lower()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    # One by one, as databases do it: of a whole word, Python makes a final sigma.
    return "".join(map(str.lower, plain))


def has_words(text: str, words: Sequence[str]) -> bool:
    """Whether the text has all of these words, in any order; the last may go on.

    Args: words: as of ``words_of(folded(query))``.
    """
    found = set(words_of(folded(text)))
    *whole, begun = words or [""]
    return found.issuperset(whole) and any(word.startswith(begun) for word in found)


def pieces(text: str, words: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """The text in its order, cut where words begin and end that are looked for, and whether it is
    one. Nothing is lost. ``search-words.js`` is its twin.

    Args: words: as of ``words_of(folded(query))``.
    """
    if not words:
        yield text, False
        return
    *whole, begun = words
    passed = ""
    for is_word, run in groupby(text, key=_is_of_words):
        piece = "".join(run)
        parts = words_of(folded(piece)) if is_word else []
        if not any(part in whole or part.startswith(begun) for part in parts):
            passed += piece
            continue
        if passed:
            yield passed, False
        passed = ""
        yield piece, True
    if passed:
        yield passed, False


def _is_of_words(one: str) -> bool:
    return unicodedata.category(one)[0] in "LNM"


def _is_of_marks(word: str) -> bool:
    return all(unicodedata.category(one)[0] == "M" for one in word)
