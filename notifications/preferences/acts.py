"""What somebody chooses. Each call is one change of their inbox: one revision, or none.

So every client hears of it as of any other change, and reads anew what was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db.models import F

from notifications.models import Inbox, InboxRule, Preferences, transactions
from notifications.models.preferences import MUTES
from notifications.preferences import categories
from notifications.preferences.categories import SHOWN, Channels
from notifications.preferences.reading import choices_of
from notifications.wire import contract

_Kind = InboxRule.Kind


class Locked(ValueError):
    """Nobody can keep that category out."""

    def __init__(self, category: str) -> None:
        super().__init__(f"Notifications of {category!r} are required and cannot be muted.")


class TooMany(ValueError):
    """There is no room for another rule, or another category."""

    def __init__(self) -> None:
        super().__init__(
            f"At most {contract.RULES_MAX_COUNT} mutes and categories; remove some first."
        )


@transactions.atomic()
def choose(user_id: Any, *, rows: Mapping[str, Channels] | None = None, **chosen: Any) -> bool:
    """Choose how to be told, and what of; what is not given stays.

    Args: rows: by categories; what is locked of them stays. chosen: fields of ``Choices``.
    Returns: whether anything is different now.
    Raises: TooMany
    """
    inbox = Inbox.lock(user_id)
    before = choices_of(inbox.pk)
    free = {name: row for name, row in (rows or {}).items() if not categories.is_locked(name)}
    shown = {**before.shown, **{name: _differing(name, row) for name, row in free.items()}}
    shown = {name: row for name, row in shown.items() if row}
    after = replace(before, shown=shown, **chosen)
    if len(shown) > contract.RULES_MAX_COUNT:
        raise TooMany
    is_changed = after != before
    if is_changed:
        Preferences.objects.update_or_create(inbox=inbox, defaults={"chosen": after.as_json()})
    for name, row in free.items():
        is_changed |= _turn(inbox, name, is_on=row.inbox)
    if is_changed:
        _advance(inbox)
    return is_changed


@transactions.atomic()
def mute(user_id: Any, kind: str, value: str) -> bool:
    """Keep what is sent from now on out of the inbox, whatever is in it.

    Args: kind: of ``MUTES``.
    Returns: whether it was not muted before.
    Raises: Locked, TooMany
    """
    if kind == _Kind.CATEGORY and categories.is_locked(value):
        raise Locked(value)
    inbox = Inbox.lock(user_id)
    if not _add(inbox, kind, value):
        return False
    _advance(inbox)
    return True


@transactions.atomic()
def unmute(user_id: Any, kind: str, value: str) -> bool:
    """Take a mute back. Returns: whether there was one."""
    inbox = Inbox.lock(user_id)
    rules = InboxRule.objects.filter(inbox=inbox, kind=kind, value=value)
    if kind not in MUTES or not rules.delete()[0]:
        return False
    _advance(inbox)
    return True


def _differing(category: str, row: Channels) -> dict[str, bool]:
    held = categories.defaults(category)
    chosen = {name: getattr(row, name) for name in SHOWN}
    return {name: value for name, value in chosen.items() if value != getattr(held, name)}


def _turn(inbox: Inbox, category: str, *, is_on: bool) -> bool:
    """Let a category in, or keep it out. Returns: whether that is different now."""
    rules = InboxRule.objects.filter(inbox=inbox, value=category)
    kind = _Kind.ON if is_on else _Kind.OFF
    opposite = _Kind.OFF if is_on else _Kind.ON
    is_changed = rules.filter(kind=opposite).delete()[0] > 0
    if is_on == categories.defaults(category).inbox:
        # As it is for everybody: of a rule that says so nothing is left.
        return rules.filter(kind=kind).delete()[0] > 0 or is_changed
    return _add(inbox, kind, category) or is_changed


def _add(inbox: Inbox, kind: str, value: str) -> bool:
    rules = InboxRule.objects.filter(inbox=inbox)
    if rules.filter(kind=kind, value=value).exists():
        return False
    if rules.count() >= contract.RULES_MAX_COUNT:
        raise TooMany
    InboxRule.objects.create(inbox=inbox, kind=kind, value=value)
    return True


def _advance(inbox: Inbox) -> None:
    inbox.advance(unread=0, unseen=0)
    Inbox.objects.filter(pk=inbox.pk).update(preferences_revision=F("revision"))
