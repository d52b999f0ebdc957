"""The last notifications without what they say: for whom, how far, how well."""

from __future__ import annotations

from typing import Any

from notifications.inbox import stats
from notifications.models import Notification, Stats
from notifications.wire import contract

_SHOWN = 50


def last() -> list[dict[str, Any]]:
    """The newest first.

    Raises: DatabaseError
    """
    columns = ("pk", "created_at", "audience_kind", "status", "recipient_count", "item_count")
    rows = list(Notification.objects.order_by("-pk").values(*columns)[:_SHOWN])
    kept = Stats.objects.in_bulk([row["pk"] for row in rows])
    return [_event(row, kept.get(row["pk"])) for row in rows]


def _event(row: dict[str, Any], kept: Stats | None) -> dict[str, Any]:
    counts = stats.Counts() if kept is None else stats.shown(kept)
    return {
        "id": str(row["pk"]),
        "at": contract.wire_time(row["created_at"]),
        # Words of ours; what else a row says may be anything.
        "audience": str(row["audience_kind"])[:16],
        "status": str(row["status"]),
        "recipients": row["recipient_count"],
        "reached": row["item_count"],
        "delivered": counts.delivered,
        "seen": counts.seen,
        "read": counts.read,
    }
