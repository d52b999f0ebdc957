"""Who is online: each server process says who is connected to it, for as long as it lives."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Collection
from typing import Any

from django.db.models.functions import Now

from notifications.models import Inbox, from_now
from notifications.models.process import LEASE_S, Process, pack, unpack
from notifications.push.batching import in_thread
from notifications.push.hub import Hub

logger = logging.getLogger(__name__)

# Between two looks at what there is to write, two signs of life, and two lists of inboxes.
_STEP_S, LEASE_EVERY_S, INBOXES_EVERY_S = 1.0, 2.0, 5.0


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
    """Writes down that this process lives, and who is connected. Belongs to one event loop."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._id = hub.process
        self._wrote_at = self._wrote_inboxes_at = float("-inf")
        self._inboxes: bytes | None = None
        self._is_failing = False

    async def work(self) -> None:
        """Write for ever. A database that fails makes us look dead, and is tried again."""
        while True:
            try:
                await self._write_what_is_due(time.monotonic())
                self._is_failing = False
            except Exception as error:  # noqa: BLE001 (a database may raise anything)
                if not self._is_failing:
                    logger.info("Presence could not be written: %s", str(error).strip())
                self._is_failing = True
            await asyncio.sleep(_STEP_S)

    async def _write_what_is_due(self, now: float) -> None:
        inboxes = pack(self._hub.streams)
        is_due = now >= self._wrote_inboxes_at + INBOXES_EVERY_S
        is_news = inboxes != self._inboxes and is_due
        if not is_news and now < self._wrote_at + LEASE_EVERY_S:
            return
        kinds = Counter(connection.kind for connection in self._hub.all_streams())
        values: dict[str, Any] = {"streams": dict(kinds)}
        if is_news:
            values["inboxes"] = inboxes
        await in_thread(self._write, values, inboxes)
        self._wrote_at = now
        if is_news:
            self._inboxes, self._wrote_inboxes_at = inboxes, now

    def _write(self, values: dict[str, Any], inboxes: bytes) -> None:
        lease_until = from_now(LEASE_S)
        if Process.objects.filter(pk=self._id).update(lease_until=lease_until, **values) == 0:
            # The first time, or it was forgotten: as after a long sleep.
            full = {**values, "inboxes": inboxes, "started_at": Now(), "lease_until": lease_until}
            Process.objects.create(pk=self._id, **full)
