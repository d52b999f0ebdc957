"""Who is online: each server process says who is connected to it, for as long as it lives."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from notifications.models import Inbox, from_now
from notifications.models.process import LEASE_S, WATCHED_LEASE_S, Process, pack, unpack
from notifications.process import extras, figures, metrics
from notifications.push import history, totals
from notifications.push.batching import in_thread
from notifications.push.hub import Hub

logger = logging.getLogger(__name__)

# Between two looks at what there is to write, two signs of life, and two lists of inboxes.
_STEP_S, LEASE_EVERY_S, INBOXES_EVERY_S = 1.0, 2.0, 5.0
# Between two times that the database is asked for what is told of all processes together.
_TOTALS_EVERY_S = 5.0


def online(user_ids: Collection[Any]) -> set[Any]:
    """Which of these users have a stream open, in any process; true but for a few seconds."""
    here = _everybody()
    inboxes = Inbox.objects.filter(user__among=list(user_ids)).values_list("user_id", "pk")
    return {user_id for user_id, inbox_id in inboxes if inbox_id in here}


def online_count() -> int:
    """How many users have a stream open."""
    return len(_everybody())


def forget_old(most: int = 1000) -> int:
    """Delete up to ``most`` processes that have not been heard of for a while."""
    # Looked at first: on SQLite a deletion of nothing waits for the write lock, too.
    pks = list(Process.objects.forgotten().values_list("pk", flat=True)[:most])
    return Process.objects.filter(pk__in=pks).delete()[0] if pks else 0


def _everybody() -> set[int]:
    inbox_ids: set[int] = set()
    for packed in Process.objects.live().values_list("inboxes", flat=True):
        inbox_ids.update(unpack(packed))
    return inbox_ids


class Presence:
    """Writes down that this process lives, how it is and who is connected; and keeps what is known
    of all processes together. Belongs to one event loop.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._id = hub.process
        self._wrote_at = self._wrote_inboxes_at = self._totals_at = float("-inf")
        self._inboxes: bytes | None = None
        # What is followed here, and how often that had changed by then.
        self._packed, self._packed_at = b"", -1
        self._is_failing = False
        # Whether somebody looks at the live dashboard, through whichever process.
        self._is_watched = False
        self._was_told_to_end = False

    async def work(self) -> None:
        """Write for ever. A database that fails makes us look dead, and is tried again."""
        while True:
            try:
                await self._write_what_is_due(time.monotonic())
                await self._keep_what_is_due(time.monotonic())
                self._is_failing = False
            except Exception as error:  # noqa: BLE001 (a database may raise anything)
                if not self._is_failing:
                    logger.info("Presence could not be written: %s", str(error).strip())
                self._is_failing = True
            await asyncio.sleep(_STEP_S)

    async def _write_what_is_due(self, now: float) -> None:
        inboxes = self._followed()
        is_due = now >= self._wrote_inboxes_at + INBOXES_EVERY_S
        is_news = inboxes != self._inboxes and is_due
        is_watched = self._is_watched or figures.watched.is_so()
        if not (is_news or is_watched) and now < self._wrote_at + LEASE_EVERY_S:
            return
        kinds = Counter(connection.kind for connection in self._hub.all_streams())
        # Who is watched says so each second, and is missed the sooner.
        lease_s = WATCHED_LEASE_S if is_watched else LEASE_S
        values: dict[str, Any] = {"streams": dict(kinds), "lease_until": from_now(lease_s)}
        if is_news:
            values["inboxes"] = inboxes
        await in_thread(self._write, values, inboxes)
        self._wrote_at = now
        if is_news:
            self._inboxes, self._wrote_inboxes_at = inboxes, now

    def _followed(self) -> bytes:
        """The inboxes that are followed here; of many it takes a while to put them in order."""
        if self._packed_at != self._hub.followed_changes:
            self._packed, self._packed_at = pack(self._hub.streams), self._hub.followed_changes
        return self._packed

    def _write(self, values: dict[str, Any], inboxes: bytes) -> None:
        self._look()
        values["figures"] = figures.said()
        if figures.watched.is_so():
            values["watched_until"] = from_now(LEASE_S)
        if Process.objects.filter(pk=self._id).update(**values) == 0:
            # The first time, or it was forgotten: as after a long sleep.
            self._enter(values | {"inboxes": inboxes})

    def _enter(self, values: dict[str, Any]) -> None:
        """Make the row of this process."""
        is_back = self._wrote_at > float("-inf")
        Process.objects.create(
            pk=self._id,
            started_at=from_now(-figures.age_s()),
            counted_before=values["figures"] if is_back else {},
            **_names(),
            **values,
        )

    def _look(self) -> None:
        """See what others want of this process."""
        rows = list(
            Process.objects.filter(
                Q(pk=self._id) | Q(pk__in=Process.objects.watched())
            ).values_list("pk", "drain_asked_at")
        )
        self._is_watched = any(pk != self._id for pk, _ in rows)
        is_asked = any(pk == self._id and asked_at is not None for pk, asked_at in rows)
        if is_asked and not self._was_told_to_end:
            self._was_told_to_end = True
            logger.info("This process was asked to drain on the dashboard; it ends.")
            os.kill(os.getpid(), signal.SIGTERM)

    async def _keep_what_is_due(self, now: float) -> None:
        if now >= self._totals_at + _TOTALS_EVERY_S:
            self._totals_at = now
            await in_thread(_keep_totals)


def _names() -> dict[str, Any]:
    """What people know this process by."""
    host = socket.gethostname()[:64]
    return {"host": host, "pid": os.getpid(), "version": extras.version()[:32]}


def _keep_totals() -> None:
    """Let `/metrics` tell of all processes together, and the dashboard's history go on."""
    total, online = totals.read(), online_count()
    metrics.backlog.set(total.backlog)
    metrics.scheduled.set(total.scheduled)
    metrics.online_users.set(online)
    now = Process.objects.values_list(Now(), flat=True).first()
    if now is not None:
        history.keep(now, total, online)
