"""A notification as the wire shows it (protocol, section 2), from rows of the database.

In two parts, since one notification is in many inboxes: its content is the same in all of them, and
what is the inbox's own (states and revisions) is small.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifications import frames, protocol
from notifications.content import check_url

Row = Mapping[str, Any]

# Columns of an item, and of its notification, that a notification on the wire is made of.
ITEM = (
    "notification_id", "revision", "arrived_revision", "arrived_at", "woken",
    "seen_at", "read_at", "archived_at", "snoozed_until", "removed_at",
)  # fmt: skip
CONTENT = (
    "title", "level", "category", "url", "actions", "sender", "thread", "data",
    "created_at", "expires_at", "body",
)  # fmt: skip


def item(row: Row) -> dict[str, Any]:
    """What is the inbox's own."""
    return {
        "id": str(row["notification_id"]),
        "revision": row["revision"],
        "arrived_revision": row["arrived_revision"],
        "woken": row["woken"],
        "arrived_at": protocol.wire_time(row["arrived_at"]),
        "seen_at": protocol.wire_time(row["seen_at"]),
        "read_at": protocol.wire_time(row["read_at"]),
        "archived_at": protocol.wire_time(row["archived_at"]),
        "snoozed_until": protocol.wire_time(row["snoozed_until"]),
    }


def content(row: Row, *, whole: bool = False) -> dict[str, Any]:
    """What the sender said; of the body the beginning, or all of it."""
    body: str = row["body"]
    shown = body if whole else body[: protocol.BODY_PREVIEW_LENGTH]
    return {
        "title": row["title"],
        "body": shown,
        "body_truncated": len(shown) < len(body),
        "level": row["level"],
        "category": row["category"],
        "url": row["url"] if _is_safe(row["url"]) else None,
        "actions": [action for action in row["actions"] if _is_safe(action["url"])],
        "sender": row["sender"] or None,
        "thread": row["thread"] or None,
        "data": row["data"],
        "created_at": protocol.wire_time(row["created_at"]),
        "expires_at": protocol.wire_time(row["expires_at"]),
    }


def members(shown: Mapping[str, Any]) -> bytes:
    """The members of a JSON object, encoded, without the braces around them."""
    return frames.encode(shown)[1:-1]


def _is_safe(url: str) -> bool:
    """Whether it may be a link: what got into the table around the model is not trusted either."""
    try:
        check_url(url)
    except ValueError:
        return False
    return True
