"""How a notification's sender and category are shown. ``appearance.js`` is its twin."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from notifications.conf import conf
from notifications.wire import contract

# As many as row.css has colours for.
HUES: Final = 8
_PRIME: Final = 65521
_LEVELS: Final = {
    "info": _lazy("Info"),
    "success": _lazy("Success"),
    "warning": _lazy("Warning"),
    "critical": _lazy("Critical"),
}


def category_label(category: str) -> str:
    """What people are told of a category; of the one that says nothing, nothing."""
    if label := conf.CATEGORIES.get(category):
        return str(label)
    if category == contract.DEFAULT_CATEGORY:
        return ""
    words = " ".join(category.replace("_", " ").replace("-", " ").replace(".", " ").split())
    return words[:1].upper() + words[1:]


def category_name(category: str) -> str:
    """The same where a category has to be called something."""
    return category_label(category) or _("General")


def level_label(level: str) -> str:
    """What people are told of a level: they see a colour and a word."""
    return str(_LEVELS.get(level, level))


def initials(sender: str) -> str:
    """One or two letters that stand for a sender; empty: there are none in the name.

    Scripts without capitals join their letters or write a word in one: there the first is enough.
    """
    firsts = [first for word in sender.split() if (first := _first_letter(word))]
    if not firsts:
        return ""
    first, last = firsts[0], firsts[-1]
    has_capitals = first.upper() != first.lower()
    return (first + last if has_capitals and len(firsts) > 1 else first).upper()


def hue(sender: str) -> int:
    """Which of the colours is a sender's own: the same one everywhere, for ever."""
    number = 7
    for character in sender:
        number = (number * 31 + ord(character)) % _PRIME
    return number % HUES


def _first_letter(word: str) -> str:
    return next((character for character in word if character.isalnum()), "")
