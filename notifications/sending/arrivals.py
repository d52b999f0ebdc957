"""What arrivals do to the inboxes that they come into."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from django.db.models import F

from notifications.models import ChangeCounter, Inbox


def advance(counts: Mapping[int, int]) -> None:
    """Let each inbox take as many revisions as it gets unread items. Call it with them locked.

    Args: counts: by the inboxes' ids.
    """
    by_count: dict[int, list[int]] = defaultdict(list)
    for pk, count in counts.items():
        by_count[count].append(pk)
    if not by_count:
        return
    change_seq = ChangeCounter.next(Inbox.objects.db)
    for count, pks in by_count.items():
        Inbox.objects.filter(pk__among=pks).update(
            revision=F("revision") + count,
            unread_count=F("unread_count") + count,
            unseen_count=F("unseen_count") + count,
            change_seq=change_seq,
        )
