"""The last notifications without what they say: for whom, how far, how soon, how well."""

from __future__ import annotations

from typing import Any

from notifications.dashboard.delays import Delays
from notifications.inbox import stats
from notifications.inbox.stats import Counts
from notifications.models import Notification, Stats
from notifications.wire import contract

_SHOWN = 50


class Events:
    """Those that were sent last; not for two threads at a time."""

    def __init__(self) -> None:
        self._delays = Delays()

    def last(self) -> list[dict[str, Any]]:
        """The newest first.

        Raises: DatabaseError
        """
        columns = ("pk", "created_at", "audience_kind", "status", "recipient_count", "item_count")
        rows = list(Notification.objects.order_by("-pk").values(*columns)[:_SHOWN])
        kept = Stats.objects.in_bulk([row["pk"] for row in rows])
        counts = {pk: stats.shown(one) for pk, one in kept.items()}
        soon = self._delays.p95(
            {pk: one.delivered for pk, one in counts.items()},
            {row["pk"]: row["item_count"] for row in rows},
        )
        return [_event(row, counts.get(row["pk"], Counts()), soon.get(row["pk"])) for row in rows]


def _event(row: dict[str, Any], counts: Counts, p95: float | None) -> dict[str, Any]:
    return {
        "id": str(row["pk"]),
        "at": contract.wire_time(row["created_at"]),
        # Words of ours; what else a row says may be anything.
        "audience": str(row["audience_kind"])[:16],
        "status": str(row["status"]),
        "recipients": row["recipient_count"],
        "reached": row["item_count"],
        "delivered": counts.delivered,
        "p95": None if p95 is None else round(p95, 3),
        "seen": counts.seen,
        "read": counts.read,
    }
