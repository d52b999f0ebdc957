"""A notification as it is read from rows of the database, whatever these hold.

In two parts, since one notification is in many inboxes: what was said is the same in all of them,
and what is the inbox's own (states and revisions) is small. Pages show these; ``serializers`` makes
of them what the wire shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifications.wire import clusters, contract
from notifications.wire.message import DEFAULTS, PARTS, SAID, Message
from notifications.wire.salvage import TITLE, Salvage, report

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """What is the inbox's own."""

    id: str
    revision: int
    arrived_revision: int
    arrived_at: datetime
    seen_at: datetime | None
    read_at: datetime | None
    archived_at: datetime | None
    snoozed_until: datetime | None
    saved_at: datetime | None
    # Whether it has come back from a snooze.
    woken: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What the sender said; of the body maybe the beginning alone."""

    message: Message
    body_truncated: bool
    created_at: datetime


def item(row: Row) -> Item:
    """What is the inbox's own."""
    salvaged = Salvage(row)
    return Item(
        id=str(row["notification_id"]),
        revision=row["revision"],
        arrived_revision=row["arrived_revision"],
        arrived_at=salvaged.past("arrived_at"),
        seen_at=salvaged.moment("seen_at"),
        read_at=salvaged.moment("read_at"),
        archived_at=salvaged.moment("archived_at"),
        snoozed_until=salvaged.moment("snoozed_until"),
        saved_at=salvaged.moment("saved_at"),
        woken=row["woken"] is True,
    )


def content(notification_id: int, row: Row, *, whole: bool = False) -> Said:
    """What the sender said; of the body the beginning, or all of it.

    It keeps to the protocol whatever the row holds, and logs once where it had to mend something.
    """
    salvaged = Salvage(row)
    try:
        return _content(salvaged, whole=whole)
    except Exception as error:  # noqa: BLE001 (a row may hold anything; nobody else shall notice)
        report(notification_id, f"{type(error).__name__}: {error}")
        return _content(Salvage(_NOTHING), whole=whole)
    finally:
        if salvaged.mended:
            report(notification_id, ", ".join(salvaged.mended))


_NOTHING: Row = dict.fromkeys((*PARTS, "created_at")) | {"actions": [], "data": {}}


def _content(row: Salvage, *, whole: bool) -> Said:
    parts = {name: row.part(name, part, DEFAULTS.get(name, TITLE)) for name, part in SAID.items()}
    body = parts["body"]
    parts["body"] = body if whole else clusters.cut(body, contract.BODY_PREVIEW_LENGTH)
    message = Message(**parts, expires_at=row.moment("expires_at"))
    return Said(message, len(message.body) < len(body), row.past("created_at"))
