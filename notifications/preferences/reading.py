"""What somebody has chosen, and what holds where they have not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from notifications.models import Inbox, InboxItem, InboxRule, Notification, Preferences
from notifications.models.preferences import MUTES
from notifications.preferences import categories
from notifications.preferences.categories import Channels
from notifications.preferences.choices import Choices
from notifications.wire import contract

# Of so many notifications, the newest, categories are offered that nobody has named.
_LOOKED_AT = 200
_OFFERED_MAX = 200


@dataclass(frozen=True, slots=True)
class Row:
    """How somebody is told of one category."""

    category: str
    channels: Channels
    is_locked: bool


@dataclass(frozen=True, slots=True)
class Mute:
    """What somebody wants nothing more of: a category, a sender or a thread."""

    kind: str
    value: str
    created_at: datetime
    # What a thread is about, as its newest notification in the inbox says; else nothing.
    title: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """All of somebody's preferences."""

    choices: Choices
    rows: list[Row]
    # The newest first.
    mutes: list[Mute]


def choices_of(inbox_id: int) -> Choices:
    """How they are told. One row."""
    row = Preferences.objects.filter(pk=inbox_id).values_list("chosen", flat=True).first()
    return Choices.from_json(row)


def for_clients(choices: Choices) -> dict[str, Any]:
    """What a client has to know to show something: what differs from what holds everywhere."""
    others = _shown(categories.defaults(categories.ALL_OTHERS))
    names = dict.fromkeys((*categories.named(), *choices.shown))
    rows = {name: _shown(choices.channels(name)) | _lock(name) for name in names}
    others |= _lock(categories.ALL_OTHERS)
    rows = {name: row for name, row in rows.items() if row != others}
    if others != _shown(Channels()):
        rows[categories.ALL_OTHERS] = others
    return replace(choices, shown=rows).as_json()


def _lock(category: str) -> dict[str, bool]:
    return {categories.LOCK: True} if categories.is_locked(category) else {}


def _shown(channels: Channels) -> dict[str, bool]:
    return {name: getattr(channels, name) for name in categories.SHOWN}


def of(user_id: Any, *, known: tuple[int, Choices] | None = None) -> Chosen:
    """All that a user has chosen, with the categories that they may choose of.

    Args: known: their inbox's id and these choices, where both were read already.
    """
    found = known or _known(user_id)
    if found is None:
        return Chosen(Choices(), _rows(Choices(), [], ()), [])
    inbox_id, choices = found
    rules = list(InboxRule.objects.filter(inbox=inbox_id).order_by("-pk"))
    mutes = [_mute(inbox_id, rule) for rule in rules if rule.kind in MUTES]
    return Chosen(choices, _rows(choices, rules, _met(inbox_id)), mutes)


def _known(user_id: Any) -> tuple[int, Choices] | None:
    rows = Inbox.objects.filter(user_id=user_id).values_list("pk", "preferences__chosen")
    return next(((pk, Choices.from_json(chosen)) for pk, chosen in rows), None)


def _met(inbox_id: int) -> Iterable[str]:
    """Categories of the newest notifications, in the order of the alphabet."""
    newest = InboxItem.objects.filter(inbox=inbox_id).order_by("-arrived_revision")
    found = newest.values_list("notification__category", flat=True)[:_LOOKED_AT]
    return sorted({str(one) for one in found})


def _rows(choices: Choices, rules: Iterable[InboxRule], met: Iterable[str]) -> list[Row]:
    turned = {rule.value: rule.kind for rule in rules if rule.kind not in MUTES}
    names = (*categories.named(), contract.DEFAULT_CATEGORY, *sorted(turned), *choices.shown, *met)
    return [_row(choices, name, turned.get(name)) for name in dict.fromkeys(names)][:_OFFERED_MAX]


def _row(choices: Choices, category: str, turned: str | None) -> Row:
    channels, is_locked = choices.channels(category), categories.is_locked(category)
    if turned is not None and not is_locked:
        channels = replace(channels, inbox=turned == InboxRule.Kind.ON)
    return Row(category, channels, is_locked)


def _mute(inbox_id: int, rule: InboxRule) -> Mute:
    title = ""
    if rule.kind == InboxRule.Kind.THREAD:
        # Its key is a program's word, and says nothing to people.
        said = Notification.objects.filter(thread=rule.value, items__inbox=inbox_id)
        title = said.order_by("-pk").values_list("title", flat=True).first() or ""
    return Mute(rule.kind, rule.value, rule.created_at, title)
