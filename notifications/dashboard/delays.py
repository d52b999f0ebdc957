"""How soon those who get a notification have it: of each send, 95 of 100 within what time."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from django.db.models import Max, Min

from notifications.models import InboxItem

# Whoever took longer was not there; when they come back says nothing of how well it was sent.
_AWAY_S = 60.0
# Of a send: so many items are looked at, in so many places spread over all its inboxes.
_SAMPLE, _PARTS = 1_000, 5
# Sends that are looked at anew for one frame.
_AT_ONCE = 10


class Delays:
    """Remembers what it has read of each send, until more of it is delivered."""

    def __init__(self) -> None:
        # By the send's key: how many had it then, and the time; the one longest not read first.
        self._known: dict[int, tuple[int, float | None]] = {}

    def p95(
        self, delivered: Mapping[int, int], items: Mapping[int, int]
    ) -> dict[int, float | None]:
        """By send, in seconds; None: nothing is known of it yet.

        Args: delivered, items: of each send that is shown, how many have it, of how many.
        Raises: DatabaseError
        """
        self._known = {pk: one for pk, one in self._known.items() if pk in delivered}
        unread = [pk for pk in delivered if pk not in self._known]
        changed = [pk for pk, (count, _) in self._known.items() if count != delivered[pk]]
        for pk in [*unread, *changed][:_AT_ONCE]:
            self._known.pop(pk, None)
            self._known[pk] = delivered[pk], (_p95(pk, items[pk]) if delivered[pk] else None)
        return {pk: self._known[pk][1] if pk in self._known else None for pk in delivered}


def _p95(pk: int, items: int) -> float | None:
    delays = sorted(_delays(pk, items))
    return delays[ceil(0.95 * len(delays)) - 1] if delays else None


def _delays(pk: int, items: int) -> list[float]:
    # What came back from a snooze has arrived anew, after it was delivered.
    rows = InboxItem.objects.filter(notification=pk, woken=False).order_by("inbox_id")
    moments = rows.values_list("arrived_at", "delivered_at")
    if items <= _SAMPLE:
        found = list(moments[:_SAMPLE])
    else:
        ends = rows.aggregate(first=Min("inbox_id"), last=Max("inbox_id"))
        step = (ends["last"] - ends["first"]) // _PARTS
        starts = [ends["first"] + at * step for at in range(_PARTS)]
        size = _SAMPLE // _PARTS
        found = [one for start in starts for one in moments.filter(inbox_id__gte=start)[:size]]
    # Clocks of two machines may differ: nothing is there before it came.
    took = [max(0.0, (at - arrived).total_seconds()) for arrived, at in found if at is not None]
    return [one for one in took if one <= _AWAY_S]
