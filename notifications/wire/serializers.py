"""A notification as the wire shows it (protocol, section 2), from rows of the database.

In two parts, since one notification is in many inboxes: its content is the same in all of them, and
what is the inbox's own (states and revisions) is small.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifications.wire import contract, frames, read, sender_pictures
from notifications.wire.message import SAID, Kind
from notifications.wire.read import Item, Row, Said

# Columns of an item, and of its notification, that are read. Lists read the beginning of the body
# alone, so it is the last one.
ITEM = (
    "notification_id", "revision", "arrived_revision", "arrived_at",
    "seen_at", "read_at", "archived_at", "snoozed_until", "saved_at", "woken", "removed_at",
)  # fmt: skip
CONTENT = (*(name for name in SAID if name != "body"), "created_at", "expires_at", "body")


def has_place(row: Row) -> bool:
    """Whether it can be told where in the inbox the item is; what is nowhere is left out."""
    return isinstance(row["revision"], int) and isinstance(row["arrived_revision"], int)


def item(row: Row) -> dict[str, Any]:
    """What is the inbox's own, as the wire shows it."""
    return item_shown(read.item(row))


def item_shown(item: Item) -> dict[str, Any]:
    """What was read of the inbox's own."""
    return {
        "id": item.id,
        "revision": item.revision,
        "arrived_revision": item.arrived_revision,
        "woken": item.woken,
        "arrived_at": contract.wire_time(item.arrived_at),
        "seen_at": contract.wire_time(item.seen_at),
        "read_at": contract.wire_time(item.read_at),
        "archived_at": contract.wire_time(item.archived_at),
        "snoozed_until": contract.wire_time(item.snoozed_until),
        "saved_at": contract.wire_time(item.saved_at),
    }


def content(notification_id: int, row: Row, *, whole: bool = False) -> dict[str, Any]:
    """What the sender said, as the wire shows it; of the body the beginning, or all of it."""
    return content_shown(read.content(notification_id, row, whole=whole))


def content_shown(content: Said) -> dict[str, Any]:
    """What was read of what the sender said. Nothing is null, but an empty text is."""
    shown: dict[str, Any] = {}
    for name, part in SAID.items():
        value = getattr(content.message, name)
        can_be_null = part.kind in {Kind.LINE, Kind.LINK}
        shown[name] = None if can_be_null and not value else value
        if name == "body":
            shown["body_truncated"] = content.body_truncated
    # Only where there is one: most have none, and a snapshot holds fifty of them.
    if picture := sender_pictures.picture_of(content.message.sender):
        shown["sender_picture"] = picture
    return shown | {
        "created_at": contract.wire_time(content.created_at),
        "expires_at": contract.wire_time(content.message.expires_at),
    }


def notification(item: Item, content: Said) -> dict[str, Any]:
    """A notification in an inbox, whole."""
    return item_shown(item) | content_shown(content)


def members(shown: Mapping[str, Any]) -> bytes:
    """The members of a JSON object, encoded, without the braces around them."""
    return frames.encode(shown)[1:-1]
