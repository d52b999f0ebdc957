"""How a page's address narrows a listing: what it asks for, what can be chosen, what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.http import QueryDict

from notifications.inbox.choices import MAX_COUNT, Choices
from notifications.inbox.search import Search
from notifications.pages.appearance import category_label
from notifications.wire import content, contract
from notifications.wire.message import PARTS

# What chooses among values, in the order of the page; and what it says where nothing is chosen.
ALL: Final = {"category": "All categories", "level": "All levels", "sender": "All senders"}
LEVELS: Final = PARTS["level"].words
_CHECKS: Final[dict[str, Callable[[str], None]]] = {
    "category": content.check_category,
    "sender": content.check_line,
}


@dataclass(frozen=True)
class Menu:
    """Something to choose, or nothing of it. Its options are values with what is said of each."""

    name: str
    nothing: str
    options: list[tuple[str, str]]
    chosen: str


def search_of(query: QueryDict) -> Search:
    """What an address looks for. What is empty or missing, it does not look for."""
    chosen = {name: (value,) if (value := query.get(name, "")) else () for name in ALL}
    return Search(query.get("q", ""), chosen["category"], chosen["level"], chosen["sender"])


def errors_of(search: Search) -> list[str]:
    """What is wrong with an address that nobody's form made, in whole sentences."""
    errors = []
    if len(search.query) > contract.QUERY_MAX_LENGTH:
        errors.append(f"A search has at most {contract.QUERY_MAX_LENGTH} characters.")
    for name, value in values_of(search).items():
        if name in ALL and not _can_be(name, value):
            errors.append(f"There is no {name} “{value[:50]}”.")
    return errors


def values_of(search: Search) -> dict[str, str]:
    """The search as an address has it."""
    columns = (search.categories, search.levels, search.senders)
    chosen = {name: values[0] for name, values in zip(ALL, columns, strict=True) if values}
    return ({"q": search.query} if search.query.strip() else {}) | chosen


def menus(held: Choices, search: Search) -> Iterator[Menu]:
    """Those that offer a choice, or in which one was made."""
    columns = (held.categories, held.levels, held.senders)
    asked = values_of(search)
    for (name, nothing), column in zip(ALL.items(), columns, strict=True):
        chosen = asked.get(name, "")
        offered = set(sorted(column)[:MAX_COUNT])
        options = _options(name, offered | ({chosen} if chosen else set()))
        if chosen or len(options) > 1:
            yield Menu(name, nothing, options, chosen)


def found(search: Search, count: int, *, is_first: bool, is_last: bool) -> str:
    """How many were found, as a page of them says it; empty: none were, or nothing was looked for.

    ``search-words.js`` says the same of what its script finds.
    """
    if not search.is_on or not count:
        return ""
    if is_first and is_last:
        return f"{count} notification{'' if count == 1 else 's'} found."
    return f"More than {count} notifications found." if is_first else f"{count} more found."


def none_found(search: Search) -> str:
    """What is said in the place of a list."""
    query = search.query.strip()
    if not query:
        return "No notifications match these filters."
    others = " and these filters" if len(values_of(search)) > 1 else ""
    return f"No notifications match “{query}”{others}."


def _can_be(name: str, value: str) -> bool:
    if name == "level":
        return value in LEVELS
    try:
        _CHECKS[name](value)
    except ValueError:
        return False
    return len(value) <= PARTS[name].max_length


def _options(name: str, values: Iterable[str]) -> list[tuple[str, str]]:
    if name == "level":
        return [(level, level.capitalize()) for level in LEVELS if level in values]
    said = {"category": _category}.get(name, str)
    labelled = ((value, said(value)) for value in values)
    return sorted(labelled, key=lambda option: option[1].casefold())


def _category(category: str) -> str:
    # A row says nothing of that one; a choice has to be called something.
    return category_label(category) or "No category"
