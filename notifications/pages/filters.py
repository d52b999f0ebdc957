"""How a page's address narrows a listing: what it asks for, what can be chosen, what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from notifications.inbox.choices import MAX_COUNT, Choices
from notifications.inbox.search import Search
from notifications.pages.appearance import category_label, level_label
from notifications.wire import content, contract
from notifications.wire.message import PARTS

# What chooses among values, in the order of the page; and what it says where nothing is chosen.
ALL: Final = {
    "category": _lazy("All categories"),
    "level": _lazy("All levels"),
    "sender": _lazy("All senders"),
    "thread": _lazy("All threads"),
}
_LABELS: Final = {
    "category": _lazy("Category"),
    "level": _lazy("Level"),
    "sender": _lazy("Sender"),
    "thread": _lazy("Thread"),
}
_NONE_OF: Final = {
    "category": _lazy("There is no category “%(value)s”."),
    "level": _lazy("There is no level “%(value)s”."),
    "sender": _lazy("There is no sender “%(value)s”."),
    "thread": _lazy("There is no thread “%(value)s”."),
}
LEVELS: Final = PARTS["level"].words
_CHECKS: Final[dict[str, Callable[[str], None]]] = {
    "category": content.check_category,
    "sender": content.check_line,
    "thread": content.check_line,
}


@dataclass(frozen=True)
class Menu:
    """Something to choose, or nothing of it. Its options are values with what is said of each."""

    name: str
    label: str
    nothing: str
    options: list[tuple[str, str]]
    chosen: str


def search_of(query: QueryDict) -> Search:
    """What an address looks for. What is empty or missing, it does not look for."""
    chosen = {name: (value,) if (value := query.get(name, "")) else () for name in ALL}
    return Search(query.get("q", ""), *chosen.values())


def errors_of(search: Search) -> list[str]:
    """What is wrong with an address that nobody's form made, in whole sentences."""
    errors = []
    if len(search.query) > contract.QUERY_MAX_LENGTH:
        errors.append(_too_long())
    for name, value in values_of(search).items():
        if name in ALL and not _can_be(name, value):
            errors.append(str(_NONE_OF[name]) % {"value": value[:50]})
    return errors


def values_of(search: Search) -> dict[str, str]:
    """The search as an address has it."""
    columns = (search.categories, search.levels, search.senders, search.threads)
    chosen = {name: values[0] for name, values in zip(ALL, columns, strict=True) if values}
    return ({"q": search.query} if search.query.strip() else {}) | chosen


def menus(held: Choices, search: Search, thread_title: str = "") -> Iterator[Menu]:
    """Those that offer a choice, or in which one was made.

    Args: thread_title: of the thread that is looked for, as far as that is known.
    """
    # Of threads there are too many to choose from; a notification leads to its own.
    threads: set[str] = set()
    columns = (held.categories, held.levels, held.senders, threads)
    asked = values_of(search)
    for (name, nothing), column in zip(ALL.items(), columns, strict=True):
        chosen = asked.get(name, "")
        offered = set(sorted(column)[:MAX_COUNT])
        options = _options(name, offered | ({chosen} if chosen else set()), thread_title)
        if chosen or len(options) > 1:
            yield Menu(name, str(_LABELS[name]), str(nothing), options, chosen)


def found(search: Search, count: int, *, is_first: bool, is_last: bool) -> str:
    """How many were found, as a page of them says it; empty: none were, or nothing was looked for.

    ``search-words.js`` says the same of what its script finds.
    """
    if not search.is_on or not count:
        return ""
    if is_first and is_last:
        text = ngettext("%(count)s notification found.", "%(count)s notifications found.", count)
    elif is_first:
        text = ngettext(
            "More than %(count)s notification found.",
            "More than %(count)s notifications found.",
            count,
        )
    else:
        text = ngettext("%(count)s more found.", "%(count)s more found.", count)
    return text % {"count": count}


def none_found(search: Search) -> str:
    """What is said in the place of a list."""
    query = search.query.strip()
    if not query:
        return _("No notifications match these filters.")
    if len(values_of(search)) > 1:
        text = _("No notifications match “%(query)s” and these filters.")
    else:
        text = _("No notifications match “%(query)s”.")
    return text % {"query": query}


def _too_long() -> str:
    text = ngettext(
        "A search has at most %(count)s character.",
        "A search has at most %(count)s characters.",
        contract.QUERY_MAX_LENGTH,
    )
    return text % {"count": contract.QUERY_MAX_LENGTH}


def _can_be(name: str, value: str) -> bool:
    if name == "level":
        return value in LEVELS
    try:
        _CHECKS[name](value)
    except ValueError:
        return False
    return len(value) <= PARTS[name].max_length


def _options(name: str, values: Iterable[str], title: str) -> list[tuple[str, str]]:
    if name == "level":
        return [(level, level_label(level)) for level in LEVELS if level in values]
    said: dict[str, Callable[[str], str]] = {
        "category": _category,
        "thread": lambda key: _thread(title or key),
    }
    labelled = ((value, said.get(name, str)(value)) for value in values)
    return sorted(labelled, key=lambda option: option[1].casefold())


def _thread(name: str) -> str:
    return _("Thread “%(title)s”") % {"title": name}


def _category(category: str) -> str:
    # A row says nothing of that one; a choice has to be called something.
    return category_label(category) or _("No category")
