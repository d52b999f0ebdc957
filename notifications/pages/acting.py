"""What the page's forms do to an inbox, what it says of that, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from secrets import token_urlsafe
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications.inbox import acts, idempotency, reading
from notifications.pages import muting, snoozing
from notifications.wire import contract
from notifications.wire.read import Item

# What forms ask for that needs no moment, and what is said of it.
DONE = {
    "read": _("Marked as read."),
    "unread": _("Marked as unread."),
    "archive": _("Archived."),
    "restore": _("Moved to the inbox."),
    "save": _("Saved."),
    "unsave": _("No longer saved."),
}
OPS = {*DONE, "snooze", "resnooze", *snoozing.CHOICES}
# What takes an act back by its name.
BACK = {*DONE, "resnooze"}
_OPPOSITE = {"read": "unread", "unread": "read", "save": "unsave", "unsave": "save"}


def act(user_id: Any, op: str, pk: int, typed_until: str) -> str | None:
    """Do one act at one notification.

    Returns: what was done, with a button that takes it back, whose form is on the page; None:
        there was nothing to do.
    Raises: BadUntil: a snooze cannot end then.
    """
    before = reading.one(user_id, pk)
    which = acts.Chosen({pk})
    if op in DONE:
        done = acts.BY_OP[op](user_id, which)
    else:
        until = snoozing.until(op, typed_until)
        if op == "resnooze":
            acts.restore(user_id, which)  # what is archived is not snoozed
        done = acts.snooze(user_id, which, until)
    if before is None or not done.changed:
        return None
    undoing, fields = _undoing(op, before.item)
    said = str(DONE.get(op, _("Snoozed.")))
    return _said(said, undoing, [("notification", str(pk)), *fields.items()])


def act_on_many(user_id: Any, op: str, pks: Collection[int], typed_until: str) -> str | None:
    """Do one act at many notifications, as one change. Returns: as ``act``.

    Args: op: of ``OPS``.
    Raises: BadUntil, TooManyIds
    """
    which = acts.Chosen(set(pks))
    states = reading.items_of(user_id).present().filter(notification_id__in=which.ids)
    before = list(states.values_list("notification_id", "archived_at", "snoozed_until"))

    def do() -> acts.Result:
        if op in DONE:
            return acts.BY_OP[op](user_id, which)
        return acts.snooze(user_id, which, snoozing.until(op, typed_until))

    op_id, count = _named(user_id, op, do)
    if not count:
        return None
    again = [(pk, until.isoformat()) for pk, _, until in before if until is not None]
    is_archived = any(archived is not None for _, archived, _ in before)
    undoing = _OPPOSITE.get(op) or ("archive" if op == "restore" and is_archived else "restore")
    if op in {"restore", "snooze"} and len(again) == len(before):
        undoing = "resnooze"
    fields = [("undoes", op_id)]
    if op not in _OPPOSITE:
        fields += [("again", f"{pk} {until}") for pk, until in again]
    return _said(_said_of_many(op, count), undoing, fields)


def _named(user_id: Any, op: str, act: Callable[[], acts.Result]) -> tuple[str, int]:
    """Do an act under a name, by which it can be taken back.

    Returns: that name, and how many it has changed.
    """
    op_id = token_urlsafe(16)

    def do() -> dict[str, Any]:
        result = act()
        return {"revision": result.revision, "changed": result.changed}

    return op_id, idempotency.once(user_id, op_id, op, do)["changed"]


def _said_of_many(op: str, count: int) -> str:
    return {
        "read": ngettext("%(count)s marked as read.", "%(count)s marked as read.", count),
        "unread": ngettext("%(count)s marked as unread.", "%(count)s marked as unread.", count),
        "archive": ngettext("%(count)s archived.", "%(count)s archived.", count),
        "restore": ngettext(
            "%(count)s moved to the inbox.", "%(count)s moved to the inbox.", count
        ),
        "save": ngettext("%(count)s saved.", "%(count)s saved.", count),
        "unsave": ngettext("%(count)s no longer saved.", "%(count)s no longer saved.", count),
    }.get(op, ngettext("%(count)s snoozed.", "%(count)s snoozed.", count)) % {"count": count}


def mute(user_id: Any, op: str, pk: int) -> str | None:
    """Mute what a row offers, or take that back. Returns: as ``act``.

    Raises: Locked, TooMany
    """
    done = muting.act(user_id, op, pk)
    if done is None:
        return None
    said, undoing = done
    return _said(said, undoing, [("notification", str(pk))]) if undoing else said


def mark_all_read(user_id: Any, which: acts.AllUpTo) -> str | None:
    """Mark all read. Returns: as ``act``.

    Raises: EpochMismatch
    """
    op_id, count = _named(user_id, "read", lambda: acts.mark_read(user_id, which))
    if not count:
        return None
    return _said(str(_("All marked as read.")), "unread", [("undoes", op_id)])


def undo(user_id: Any, op: str, op_id: str, again: Iterable[str] = ()) -> bool:
    """Take an act back by its name. Returns: whether there was anything to take back.

    Args: op: of ``BACK``. again: what is snoozed again after that, each as its id and until when.
    """
    which = acts.ChangedIn(idempotency.revision_of(user_id, op_id))
    is_changed = op in acts.BY_OP and acts.BY_OP[op](user_id, which).changed > 0
    by_moment: dict[str, set[int]] = {}
    for one in again:
        said, _, typed = one.partition(" ")
        if (pk := contract.notification_pk(said)) is not None:
            by_moment.setdefault(typed, set()).add(pk)
    for typed, pks in by_moment.items():
        until = snoozing.until("resnooze", typed)
        is_changed |= acts.snooze(user_id, acts.Chosen(pks), until).changed > 0
    return is_changed


def _undoing(op: str, before: Item) -> tuple[str, dict[str, str]]:
    """The op that takes another one back, and what it needs beside the notification."""
    if op in _OPPOSITE:
        return _OPPOSITE[op], {}
    if before.snoozed_until is not None:
        return "resnooze", {"until": before.snoozed_until.isoformat()}
    return ("archive" if before.archived_at is not None else "restore"), {}


def _said(text: str, undoing: str, fields: Iterable[tuple[str, str]]) -> str:
    hidden = format_html_join("", '<input form="undo" type="hidden" name="{}" value="{}">', fields)
    button = '{} {}<button form="undo" name="op" value="{}">{}</button>'
    return format_html(button, text, hidden, undoing, _("Undo"))
