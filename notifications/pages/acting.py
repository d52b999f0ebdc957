"""What the page's forms do to an inbox, what it says of that, and how it is taken back."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Any

from django.utils.html import format_html, format_html_join

from notifications.inbox import acts, idempotency, reading
from notifications.pages import muting, snoozing
from notifications.wire.read import Item

# What forms ask for that needs no moment, and what is said of it.
DONE = {
    "read": "Marked as read.",
    "unread": "Marked as unread.",
    "archive": "Archived.",
    "restore": "Moved to the inbox.",
    "save": "Saved.",
    "unsave": "No longer saved.",
}
OPS = {*DONE, "snooze", "resnooze", *snoozing.CHOICES}
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
    return _said(DONE.get(op, "Snoozed."), undoing, {"notification": str(pk), **fields})


def mute(user_id: Any, op: str, pk: int) -> str | None:
    """Mute what a row offers, or take that back. Returns: as ``act``.

    Raises: Locked, TooMany
    """
    done = muting.act(user_id, op, pk)
    if done is None:
        return None
    said, undoing = done
    return _said(said, undoing, {"notification": str(pk)}) if undoing else said


def mark_all_read(user_id: Any, which: acts.AllUpTo) -> str | None:
    """Mark all read. Returns: as ``act``.

    Raises: EpochMismatch
    """
    # The act has a name, so that it can be taken back.
    op_id = token_urlsafe(16)

    def read() -> dict[str, Any]:
        result = acts.mark_read(user_id, which)
        return {"revision": result.revision, "changed": result.changed}

    if not idempotency.once(user_id, op_id, "read", read)["changed"]:
        return None
    return _said("All marked as read.", "unread", {"undoes": op_id})


def undo(user_id: Any, op: str, op_id: str) -> bool:
    """Take an act back by its name. Returns: whether there was anything to take back."""
    which = acts.ChangedIn(idempotency.revision_of(user_id, op_id))
    return acts.BY_OP[op](user_id, which).changed > 0


def _undoing(op: str, before: Item) -> tuple[str, dict[str, str]]:
    """The op that takes another one back, and what it needs beside the notification."""
    if op in _OPPOSITE:
        return _OPPOSITE[op], {}
    if before.snoozed_until is not None:
        return "resnooze", {"until": before.snoozed_until.isoformat()}
    return ("archive" if before.archived_at is not None else "restore"), {}


def _said(text: str, undoing: str, fields: dict[str, str]) -> str:
    hidden = format_html_join(
        "", '<input form="undo" type="hidden" name="{}" value="{}">', fields.items()
    )
    button = '{} {}<button form="undo" name="op" value="{}">Undo</button>'
    return format_html(button, text, hidden, undoing)
