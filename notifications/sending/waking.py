"""Brings snoozed notifications back into their inboxes once their time has come.

Each comes as if it arrived anew, by a revision of its own: unread, unseen and on top. There is no
row of a job for it. What is due says so itself, and is done in small transactions: whoever dies
leaves nothing half done, and of two who are at it at once the second finds nothing left to do.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection
from django.db.models import Case, When
from django.utils import timezone

from notifications.inbox import stats
from notifications.models import Inbox, InboxItem, transactions
from notifications.models.inbox import InboxItemQuerySet
from notifications.process import supervisor
from notifications.sending.arrivals import advance
from notifications.sending.failures import Failed, is_of_all
from notifications.sending.signals import Woken, inboxes_changed

logger = logging.getLogger(__name__)

# Of one transaction: on SQLite nobody else writes as long as it lasts.
_MAX_ITEMS = 500


class Waking:
    """Wakes what is due, a little at a time. Belongs to one thread."""

    def __init__(self) -> None:
        # By their ids: inboxes where it failed, or that somebody else holds.
        self._failed: Failed[int] = Failed()

    def some(self) -> int:
        """Wake what has been due for the longest, in any inboxes. Returns: how many have woken.

        Raises: DatabaseError: what fails may fail for all.
        """
        now = timezone.now()
        due = InboxItem.objects.due(now)
        if resting := self._failed.resting():
            due = due.exclude(inbox__among=sorted(resting))
        # Looked at first: on SQLite a transaction that finds nothing has waited for the write lock.
        first = due.order_by("snoozed_until").values_list("pk", "inbox_id")
        by_inbox: dict[int, list[int]] = defaultdict(list)
        for pk, inbox_id in first[:_MAX_ITEMS]:
            by_inbox[inbox_id].append(pk)
        return self._wake(by_inbox, now) if by_inbox else 0

    def _wake(self, by_inbox: dict[int, list[int]], now: datetime) -> int:
        pks = [pk for some in by_inbox.values() for pk in some]
        try:
            woken, held = wake(by_inbox, pks, now)
        except Exception as error:
            if connection.in_atomic_block or is_of_all(error):
                raise
            # One of them fails by itself, and must not keep the others asleep.
            if len(by_inbox) > 1:
                return sum(self._wake({pk: some}, now) for pk, some in by_inbox.items())
            (inbox_id,) = by_inbox
            self._failed.add(inbox_id, error)
            supervisor.report("dispatcher", error)
            logger.error("Snoozed ones of inbox %s cannot wake: %r", inbox_id, error)  # noqa: TRY400
            return 0
        for inbox_id in held:
            # Whoever holds it may be frozen: the others have their turn meanwhile.
            self._failed.add(inbox_id, OperationalError("Somebody else holds it."))
        for inbox_id in by_inbox.keys() - held:
            self._failed.forgive(inbox_id)
        return woken


@transactions.atomic()
def wake(
    inbox_ids: Collection[int], pks: Collection[int], now: datetime
) -> tuple[int, Collection[int]]:
    """Wake these items of these inboxes, as far as they are still asleep.

    Returns: how many have woken; the inboxes that somebody else holds.
    """
    # In the order of ids, as everywhere. Nobody is waited for: who acts just now is done soon.
    locked = Inbox.objects.filter(pk__among=inbox_ids).order_by("pk")
    locked = locked.select_for_update(skip_locked=True, no_key=True)
    revisions = dict(locked.values_list("pk", "revision"))
    # Looked at again under the locks, which no change of an item gets around.
    items = InboxItem.objects.due(now).filter(
        pk__among=frozenset(pks), inbox__among=frozenset(revisions)
    )
    in_order = sorted(items, key=lambda item: (item.snoozed_until, item.arrived_revision))
    if in_order:
        _come_back(items, in_order, revisions, now)
    return len(in_order), set(inbox_ids) - revisions.keys()


def _come_back(
    items: InboxItemQuerySet, in_order: list[InboxItem], revisions: dict[int, int], now: datetime
) -> None:
    steps: dict[str, Any] = {
        name: Case(When(**{f"{name}_at__isnull": False}, then=-1), default=0)
        for name in ("seen", "read")
    }
    # They are to be seen and read anew: the sender's figures go by what items say.
    stats.act(items.filter(seen_at__isnull=False), steps)
    for item in in_order:
        revisions[item.inbox_id] += 1
        item.revision = item.arrived_revision = revisions[item.inbox_id]
    InboxItem.objects.bulk_update(in_order, ["revision", "arrived_revision"])
    pks = [item.pk for item in in_order]
    InboxItem.objects.filter(pk__among=frozenset(pks)).update(
        snoozed_until=None, read_at=None, seen_at=None, arrived_at=now, woken=True
    )
    advance(Counter(item.inbox_id for item in in_order))
    inboxes = Inbox.objects.filter(pk__among={item.inbox_id for item in in_order})
    inboxes_changed.send(Waking, changes=[Woken(inboxes.now())])
