"""Who of those who would get a notification does not want it: asked while it is dispatched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.expressions import CombinedExpression

from notifications.models import Inbox, InboxRule, Notification
from notifications.models.preferences import MUTES
from notifications.preferences import categories

_Kind = InboxRule.Kind


class Reason(Enum):
    """Why somebody was left out; the first that holds is counted."""

    MUTED = auto()
    OFF = auto()


def skipped(
    notification: Notification, inbox_ids: Collection[int], *, after: int, upto: int
) -> dict[int, Reason]:
    """Those of these inboxes that it does not come into, by one query at most.

    Args: after, upto: between which ids the inboxes are.
    """
    asked = _asked(notification)
    if not asked or not inbox_ids:
        return {}
    rules: dict[int, set[str]] = {}
    for inbox_id, kind in InboxRule.objects.about(asked, after=after, upto=upto):
        rules.setdefault(inbox_id, set()).add(kind)
    return _left_out(notification, inbox_ids, rules)


def skipped_of_many(
    sends: Iterable[tuple[Notification, Collection[int]]],
) -> list[dict[int, Reason]]:
    """The same of several notifications, each with its inboxes, by one query for all."""
    wanted = [(notification, inbox_ids, _asked(notification)) for notification, inbox_ids in sends]
    inboxes = {pk for _, inbox_ids, asked in wanted if asked for pk in inbox_ids}
    if not inboxes:
        return [{} for _ in wanted]
    rules: dict[tuple[str, str], set[int]] = {}
    rows = InboxRule.objects.filter(inbox__among=frozenset(inboxes)).order_by()
    for inbox_id, kind, value in rows.values_list("inbox_id", "kind", "value"):
        rules.setdefault((kind, value), set()).add(inbox_id)
    found = []
    for notification, inbox_ids, asked in wanted:
        mine: dict[int, set[str]] = {}
        for kind, value in asked:
            for pk in rules.get((kind, value), set()).intersection(inbox_ids):
                mine.setdefault(pk, set()).add(kind)
        found.append(_left_out(notification, inbox_ids, mine) if asked else {})
    return found


def keeping_out(notification: Notification) -> list[tuple[str, str]] | None:
    """The rules of which one is enough to keep it out of an inbox; None: where none is, too."""
    asked = _asked(notification)
    return asked if not asked or categories.defaults(notification.category).inbox else None


def unwanted_count(notification: Notification, recipients: QuerySet[Any]) -> int:
    """How many of the recipients it would not come to, as their rules are now."""
    asked = _asked(notification)
    if not asked:
        return 0
    theirs = Inbox.objects.filter(user__in=recipients.order_by().values("pk"))
    keep_out = _with_any([(kind, value) for kind, value in asked if kind != _Kind.ON])
    if categories.defaults(notification.category).inbox:
        return theirs.filter(pk__in=keep_out).count()
    asked_for = _with_any([(_Kind.ON, notification.category)])
    willing = theirs.filter(pk__in=asked_for).exclude(pk__in=keep_out)
    return recipients.count() - willing.count()


def _with_any(kinds: Sequence[tuple[str, str]]) -> QuerySet[Any]:
    """The ids of inboxes with such a rule. Each is a range of the index; an OR would be none."""
    rules = [
        InboxRule.objects.filter(kind=kind, value=value).order_by().values("inbox")
        for kind, value in kinds
    ]
    return rules[0].union(*rules[1:])


def added(reasons: Collection[Reason]) -> dict[str, CombinedExpression]:
    """What a notification's row says more of, when so many were left out."""
    counts = {"muted_count": Reason.MUTED, "off_count": Reason.OFF}
    found = Counter(reasons)
    return {name: F(name) + found[reason] for name, reason in counts.items() if found[reason]}


def _asked(notification: Notification) -> list[tuple[str, str]]:
    """The rules that this notification may meet; none where nobody may keep it out."""
    category = notification.category
    if categories.is_required(notification.level, category):
        return []
    values = (category, notification.sender, notification.thread)
    mutes = [(kind, value) for kind, value in zip(MUTES, values, strict=True) if value]
    is_on = categories.defaults(category).inbox
    return [*mutes, (_Kind.OFF if is_on else _Kind.ON, category)]


def _left_out(
    notification: Notification, inbox_ids: Collection[int], rules: Mapping[int, set[str]]
) -> dict[int, Reason]:
    is_on = categories.defaults(notification.category).inbox
    # Where it is off for everybody who has not asked for it, all are looked at.
    return {
        pk: reason
        for pk in (inbox_ids if not is_on else rules.keys() & set(inbox_ids))
        if (reason := _reason(rules.get(pk, set()), is_on=is_on)) is not None
    }


def _reason(kinds: set[str], *, is_on: bool) -> Reason | None:
    if not kinds.isdisjoint(MUTES):
        return Reason.MUTED
    if _Kind.OFF in kinds if is_on else _Kind.ON not in kinds:
        return Reason.OFF
    return None
