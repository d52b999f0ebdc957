"""Receipts: who holds what. A client that acknowledges a revision has all that arrived up to it.

It is the sender's knowledge and no change of the inbox: it takes no revision and no lock of the
inbox. Receipts that are lost with their process are told again, by the cursor that the client
comes back with.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from notifications.inbox import reading, stats
from notifications.models import InboxItem, sql, transactions
from notifications.models.epoch import present_tag
from notifications.models.inbox import UNDELIVERED
from notifications.process import metrics, supervisor
from notifications.push.batching import is_of_one, outcomes

logger = logging.getLogger(__name__)

# Between two transactions of a process.
EVERY_S = 1.0
# Of one transaction: on SQLite nobody else writes as long as it lasts.
_MAX_ITEMS = 2_000
_MAX_INBOXES = 2_000
# Of what one transaction has marked so many at most are looked at for how long that took.
_LOOKED_AT = 100
# Of those that wait while the database fails.
_MAX_WAITING = 100_000

_TABLES = {
    "item": InboxItem._meta.db_table,
    "undelivered": " AND ".join(f"s.{column} IS NULL" for column in UNDELIVERED),
}
# In SQL of our own: who builds queries over thousands of ids takes longer than who answers them.
_UNDELIVERED = {
    # LIMIT per inbox: else PostgreSQL may take all that is undelivered, and look for these in it.
    "postgresql": """
        SELECT i.id FROM json_array_elements(%(told)s::json) a(told)
        CROSS JOIN LATERAL (
            SELECT s.id FROM {item} s
            WHERE s.inbox_id = (a.told ->> 0)::bigint
              AND s.arrived_revision <= (a.told ->> 1)::bigint AND {undelivered} LIMIT %(most)s
        ) i LIMIT %(most)s""".format_map(_TABLES),
    "sqlite": """
        SELECT s.id FROM json_each(%(told)s) a JOIN {item} s
            ON s.inbox_id = json_extract(a.value, '$[0]')
           AND s.arrived_revision <= json_extract(a.value, '$[1]') AND {undelivered}
        LIMIT %(most)s""".format_map(_TABLES),
}
# Marks those of some items that are free, and tells of them.
_MARK: dict[str, list[str]] = {
    # In the order of ids, as everywhere.
    "postgresql": [
        """
        WITH free AS MATERIALIZED (
            SELECT s.id FROM {item} s WHERE s.id = ANY(%(ids)s::bigint[]) AND {undelivered}
            ORDER BY s.id FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE {item} i SET delivered_at = %(now)s FROM free WHERE i.id = free.id
        RETURNING i.id, i.inbox_id, i.arrived_at""".format_map(_TABLES)
    ],
    # SQLite is older than its RETURNING on some systems; nobody writes between the two.
    "sqlite": [
        """
        SELECT s.id, s.inbox_id, s.arrived_at FROM {item} s
        WHERE s.id IN (SELECT value FROM json_each(%(ids)s)) AND {undelivered}""".format_map(
            _TABLES
        ),
        """
        UPDATE {item} AS s SET delivered_at = %(now)s
        WHERE s.id IN (SELECT value FROM json_each(%(ids)s)) AND {undelivered}""".format_map(
            _TABLES
        ),
    ],
}

# Of an item: its id, its inbox, and when it arrived, as the database gave it.
_Marked = tuple[int, int, Any]
_ARRIVED_AT = [InboxItem._meta.get_field("arrived_at")]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A client holds what arrived up to ``revision``, in the epoch of this ``epoch_tag``."""

    inbox_id: int
    epoch_tag: str
    revision: int
    # When it came, and when it said so (seconds since 1970); None: nobody has looked.
    came_at: float | None = None
    told_at: float | None = None


class Receipts:
    """Collects what streams tell, and writes it about once a second. Belongs to one event loop."""

    def __init__(self) -> None:
        # The revision, and the moments, by inbox and epoch.
        self._waiting: dict[tuple[int, str], tuple[int, float, float]] = {}
        self._worker = supervisor.OnDemand("receipts", self._work)
        self._is_failing = False

    def tell(self, inbox_id: int, epoch_tag: str, revision: int, came_at: float = 0) -> None:
        """A client has acknowledged this revision. It is written later, and never raises.

        Args: came_at: since when it has had a stream open (seconds since 1970).
        """
        self._keep((inbox_id, epoch_tag), (revision, came_at, time.time()))

    def _keep(self, key: tuple[int, str], told: tuple[int, float, float]) -> None:
        if len(self._waiting) >= _MAX_WAITING and key not in self._waiting:
            return
        self._waiting[key] = max(told, self._waiting.get(key, told))
        self._worker.wake()

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(EVERY_S)
            await self._write_some()

    async def _write_some(self) -> None:
        keys = list(self._waiting)[:_MAX_INBOXES]
        told = {key: self._waiting.pop(key) for key in keys}
        batch = [
            Receipt(inbox_id, epoch_tag, revision, came_at, told_at)
            for (inbox_id, epoch_tag), (revision, came_at, told_at) in told.items()
        ]
        is_failing = False
        for key, outcome in zip(keys, await outcomes(_written, batch), strict=True):
            if isinstance(outcome, (DatabaseError, InterfaceError)) and not is_of_one(outcome):
                if not (is_failing or self._is_failing):
                    logger.warning("Receipts wait for the database: %s", str(outcome).strip())
                is_failing = True
            elif isinstance(outcome, Exception):
                # It would fail again and again, and hold up all that come after it.
                supervisor.report("receipts", outcome)
                continue
            if outcome is not True:
                self._keep(key, told[key])
        self._is_failing = is_failing


def _written(receipts: Sequence[Receipt]) -> list[bool]:
    """``write``; of each receipt whether it needs not be told again."""
    return [write(receipts)] * len(receipts)


def write(receipts: Sequence[Receipt]) -> bool:
    """Mark what these receipts tell of.

    Returns: whether it is all done; if not, ask again.
    Raises: DatabaseError
    """
    epoch_tag = present_tag()
    if epoch_tag is None:
        return True  # the database is being flushed, and there is nothing to mark
    acknowledged = [
        (receipt.inbox_id, receipt.revision)
        for receipt in receipts
        if receipt.epoch_tag == epoch_tag
    ]
    item_ids = _undelivered(acknowledged) if acknowledged else []
    marked = _mark(item_ids)
    _observe(marked, receipts)
    return len(marked) == len(item_ids) < _MAX_ITEMS


def _observe(marked: Sequence[_Marked], receipts: Sequence[Receipt]) -> None:
    """Count how long it took from the arrival of these items to their receipts: of many some.

    What came before the client did says when it came, and not how fast we are.
    """
    moments = {
        receipt.inbox_id: (receipt.came_at, receipt.told_at)
        for receipt in receipts
        if receipt.came_at is not None and receipt.told_at is not None
    }
    step = max(1, -(-len(marked) // _LOOKED_AT))
    some = marked[::step]
    moments_arrived = sql.python_values(_ARRIVED_AT, [[arrived_at] for *_, arrived_at in some])
    for (_, inbox_id, _), (arrived_at,) in zip(some, moments_arrived, strict=True):
        came_at, told_at = moments.get(inbox_id, (math.inf, 0.0))
        if (arrived_s := arrived_at.timestamp()) >= came_at:
            metrics.commit_to_acknowledged.observe(told_at - arrived_s, step)


def deliver(user_id: Any, epoch: str, revision: int) -> tuple[reading.Head, int]:
    """A client that has no socket says that it holds ``revision``.

    Returns: where the inbox stands, and how many notifications were marked.
    Raises: EpochMismatch: the revision comes from another epoch.
    """
    head = reading.head(user_id)
    if head.epoch != epoch:
        raise reading.EpochMismatch
    acknowledged = [(head.inbox_id, min(revision, head.revision))]
    count = 0
    while marked := _mark(_undelivered(acknowledged)):
        count += len(marked)
    return head, count


def _undelivered(acknowledged: Sequence[tuple[int, int]]) -> list[int]:
    """Items that these inboxes hold up to these revisions, by their ids."""
    named: dict[str, Any] = {"told": json.dumps(acknowledged), "most": _MAX_ITEMS}
    with connection.cursor() as cursor:
        cursor.execute(_UNDELIVERED[connection.vendor], named)
        return [pk for (pk,) in cursor.fetchall()]


def _mark(item_ids: Collection[int]) -> Sequence[_Marked]:
    """Mark these items, but for those that somebody is at or has marked meanwhile.

    Nobody is waited for, so that no two can wait for each other; and where there is nothing to
    mark, nothing is written.
    """
    if not item_ids:
        return []
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    named = {"ids": _array(item_ids), "now": now}
    with transactions.atomic():
        with connection.cursor() as cursor:
            tell, *then = _MARK[connection.vendor]
            cursor.execute(tell, named)
            marked: Sequence[_Marked] = cursor.fetchall()
            for statement in then:
                cursor.execute(statement, named)
        stats.delivered([pk for pk, *_ in marked])
    metrics.items.labels("delivered").inc(len(marked))
    return marked


def _array(ids: Collection[int]) -> Any:
    """Ids as the statement takes them, in their order."""
    return json.dumps(sorted(ids)) if connection.vendor == "sqlite" else sorted(ids)
