"""Small sends that nobody has begun, many of them in one transaction.

A job each would be some fifteen statements for a single item, and on SQLite a pause as long. Here
each statement is about all of them. Whoever does it holds the locks of all their rows until it
commits, so it is done as a whole or not at all; what is no small send is left to a job of its own.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F
from django.utils import timezone

from notifications.conf import conf
from notifications.models import (
    Inbox,
    Notification,
    Status,
    audiences,
    transactions,
)
from notifications.models.audience import Id
from notifications.models.inbox import InboxNow
from notifications.preferences import skipping
from notifications.preferences.skipping import Reason
from notifications.sending import arrivals
from notifications.sending.dispatch import Dispatch, last_inbox_id
from notifications.sending.round_robin import Left
from notifications.sending.signals import Arrived, inboxes_changed

# Seconds for which audiences are read in one transaction: so long others wait to write on SQLite.
_READING_S = 0.05
# What a column of numbers can hold.
_ID_LIMIT = 2**63


@dataclass(frozen=True, slots=True)
class _Send:
    """A notification, and who is in its audience, by their keys: active or not."""

    row: Notification
    members: Sequence[Any]


class _Counted(NamedTuple):
    """How many were reached by a notification, and how many were not."""

    is_new: bool
    reached: int
    muted: int
    off: int


def send_together(pks: Sequence[int]) -> Left:
    """Put notifications into the inboxes of small audiences, as many as fit one chunk.

    Each arrival takes a revision of its own, in the order of the notifications' ids, just as if
    they had been dispatched one after the other.

    Returns: what was not done. What is neither that nor sent is somebody else's, or has ended.
    Raises: DatabaseError: nothing was done.
    """
    with transactions.atomic():
        sends, left = _chosen(_taken(pks))
        if sends:
            _dispatch(sends)
    return left


def _taken(pks: Sequence[int]) -> list[Notification]:
    """Those that nobody is on, locked: that is the fence. On SQLite there is one writer anyway."""
    free = Dispatch.unclaimed().filter(pk__among=frozenset(pks)).order_by("pk")
    if connection.features.has_select_for_update_skip_locked:
        # Not waited for: who is frozen amid a chunk keeps the row's lock as long as that lasts.
        free = free.select_for_update(skip_locked=True, no_key=True)
    return list(free)


def _chosen(rows: Sequence[Notification]) -> tuple[list[_Send], Left]:
    """Those of the rows that are small, as long as there is room and time for them."""
    room = conf.DISPATCH_CHUNK_SIZE
    until = time.monotonic() + _READING_S
    known = _Audiences(room)
    sends: list[_Send] = []
    alone: list[int] = []
    waiting = deque(rows)
    while waiting and (len(waiting) == len(rows) or time.monotonic() < until):
        members = known.members(waiting[0])
        if members is not None and len(members) > room:
            break
        row = waiting.popleft()
        if members is None:
            alone.append(row.pk)
        else:
            room -= len(members)
            sends.append(_Send(row, members))
    return sends, Left(alone, [row.pk for row in waiting])


class _Audiences:
    """Who is in the audiences of some notifications; the same audience is asked for once."""

    def __init__(self, max_count: int) -> None:
        """Args: max_count: members of an audience that is small."""
        self._max_count = max_count
        self._known: dict[tuple[str, tuple[Id, ...]], Sequence[Any] | None] = {}

    def members(self, row: Notification) -> Sequence[Any] | None:
        """The members' keys; None of what is under way, not small, or no audience."""
        if row.cursor or not _is_sound(row):
            return None
        key = (row.audience_kind, tuple(row.audience_ids))
        if key not in self._known:
            self._known[key] = self._read(row)
        return self._known[key]

    def _read(self, row: Notification) -> Sequence[Any] | None:
        audience = audiences.of(row)
        # Which of chosen users are there is asked for all the notifications in one.
        if isinstance(audience, audiences.ChosenUsers):
            user_ids = audience.keys()
        else:
            members = audience.recipients().order_by().values_list("pk", flat=True)
            user_ids = sorted(members[: self._max_count + 1])
        return user_ids if len(user_ids) <= self._max_count else None


def _is_sound(row: Notification) -> bool:
    # What was written around the model may say anything; it fails in a job of its own.
    kind, ids = audiences.KINDS.get(row.audience_kind), row.audience_ids
    if kind is None or not kind.are_ids(ids):
        return False
    return all(isinstance(pk, str) or 0 <= pk < _ID_LIMIT for pk in ids)


def _dispatch(sends: Sequence[_Send]) -> None:
    arrived_at = timezone.now()
    user_ids = {pk for small_send in sends for pk in small_send.members}
    if any(small_send.row.upto is None for small_send in sends):
        Inbox.objects.ensure_of(user_ids)
    last, inboxes = last_inbox_id(), arrivals.locked(user_ids)
    there = [_there(small_send, inboxes, last) for small_send in sends]
    asked = [{inboxes[pk].inbox_id for pk in members} for members in there]
    rows = [small_send.row for small_send in sends]
    left_out = skipping.skipped_of_many(zip(rows, asked, strict=True))
    arrived = arrivals.of_each(zip(rows, there, left_out, strict=True), inboxes, arrived_at)
    arrivals.store(arrived)
    _finish(arrived, left_out, last)
    inboxes_changed.send(Dispatch, changes=[one for one in arrived if one.inboxes])


def _there(small_send: _Send, inboxes: Mapping[Any, InboxNow], last: int) -> list[Any]:
    """Its members who have an inbox, and had one when it was accepted."""
    upto = last if small_send.row.upto is None else small_send.row.upto
    return [pk for pk in small_send.members if pk in inboxes and inboxes[pk].inbox_id <= upto]


def _finish(
    arrived: Sequence[Arrived], left_out: Sequence[Mapping[int, Reason]], last: int
) -> None:
    """Say of the notifications that they are sent, and of those not counted yet how many get it."""
    alike: dict[_Counted, list[int]] = defaultdict(list)
    for arrival, without in zip(arrived, left_out, strict=True):
        row, reasons = arrival.notification, Counter(without.values())
        counted = _Counted(
            row.upto is None, len(arrival.inboxes), reasons[Reason.MUTED], reasons[Reason.OFF]
        )
        alike[counted].append(row.pk)
    for (is_new, count, muted, off), pks in alike.items():
        accepted = {"recipient_count": count + muted + off, "cursor": last, "upto": last}
        Notification.objects.filter(pk__among=frozenset(pks)).update(
            status=Status.SENT,
            item_count=F("item_count") + count,
            muted_count=F("muted_count") + muted,
            off_count=F("off_count") + off,
            **(accepted if is_new else {"cursor": F("upto")}),
        )
