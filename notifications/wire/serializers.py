"""A notification as the wire shows it (protocol, section 2), from rows of the database.

In two parts, since one notification is in many inboxes: its content is the same in all of them, and
what is the inbox's own (states and revisions) is small.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifications.wire import clusters, contract, frames
from notifications.wire.salvage import TITLE, Salvage, report

Row = Mapping[str, Any]

# Columns of an item, and of its notification, that a notification on the wire is made of.
ITEM = (
    "notification_id", "revision", "arrived_revision", "arrived_at",
    "seen_at", "read_at", "archived_at", "removed_at",
)  # fmt: skip
CONTENT = (
    "title", "level", "category", "url", "actions", "sender", "thread", "data",
    "created_at", "expires_at", "body",
)  # fmt: skip


def has_place(row: Row) -> bool:
    """Whether it can be told where in the inbox the item is; what is nowhere is left out."""
    return isinstance(row["revision"], int) and isinstance(row["arrived_revision"], int)


def item(row: Row) -> dict[str, Any]:
    """What is the inbox's own."""
    own = Salvage(row)
    return {
        "id": str(row["notification_id"]),
        "revision": row["revision"],
        "arrived_revision": row["arrived_revision"],
        "woken": contract.RESERVED["woken"],
        "arrived_at": own.past("arrived_at"),
        "seen_at": own.moment("seen_at"),
        "read_at": own.moment("read_at"),
        "archived_at": own.moment("archived_at"),
        "snoozed_until": contract.RESERVED["snoozed_until"],
    }


def content(notification_id: int, row: Row, *, whole: bool = False) -> dict[str, Any]:
    """What the sender said; of the body the beginning, or all of it.

    It keeps to the protocol whatever the row holds, and logs once where it had to mend something.
    """
    said = Salvage(row)
    try:
        return _content(said, whole=whole)
    except Exception as error:  # noqa: BLE001 (a row may hold anything; nobody else shall notice)
        report(notification_id, f"{type(error).__name__}: {error}")
        return _content(Salvage(_NOTHING), whole=whole)
    finally:
        if said.mended:
            report(notification_id, ", ".join(said.mended))


def members(shown: Mapping[str, Any]) -> bytes:
    """The members of a JSON object, encoded, without the braces around them."""
    return frames.encode(shown)[1:-1]


_NOTHING: Row = dict.fromkeys(CONTENT) | {"actions": [], "data": {}}


def _content(said: Salvage, *, whole: bool) -> dict[str, Any]:
    body = said.lines("body", contract.BODY_MAX_LENGTH)
    shown = body if whole else clusters.cut(body, contract.BODY_PREVIEW_LENGTH)
    category = said.line("category", contract.CATEGORY_MAX_LENGTH, contract.DEFAULT_CATEGORY)
    return {
        "title": said.line("title", contract.TITLE_MAX_LENGTH, TITLE),
        "body": shown,
        "body_truncated": len(shown) < len(body),
        "level": said.word("level", contract.LEVELS, contract.DEFAULT_LEVEL),
        "category": category,
        "url": said.url("url"),
        "actions": said.actions("actions"),
        "sender": said.line("sender", contract.SENDER_MAX_LENGTH) or None,
        "thread": said.line("thread", contract.THREAD_MAX_LENGTH) or None,
        "data": said.data("data"),
        "created_at": said.past("created_at"),
        "expires_at": said.moment("expires_at"),
    }
