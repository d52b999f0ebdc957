"""The hub's membership in the channel layer's groups: whose it is in, and what comes by them.

The hub is one member, however many sockets it serves, and it alone receives: a layer that fails
closes no socket.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any

from notifications.process import log_limits, supervisor
from notifications.push import hints, layers, publisher
from notifications.push.installation import Installation

logger = logging.getLogger(__name__)

# Groups are joined one after the other, with a rest after so many: 2,000 a second at most.
_JOINS_AT_ONCE, _JOINS_REST_S = 50, 0.025
_RETRY_S = 1.0


class GroupMembership:
    """Joins the groups of the inboxes that are followed here, leaves the others, and receives.

    Belongs to one event loop.
    """

    def __init__(
        self,
        inbox_ids: Collection[int],
        deliver: Callable[[Any], Awaitable[None]],
        on_failure: Callable[[], None],
    ) -> None:
        """Args: inbox_ids: those followed here, kept up to date by the caller. deliver: takes what
        comes.

        on_failure: called when the layer has failed: what it did not bring must be looked for.
        """
        self._inbox_ids = inbox_ids
        self._deliver = deliver
        self._on_failure = on_failure
        self._layer = layers.receiving()
        self._channel = ""
        self._joined: set[str] = set()
        self._must_rejoin = False
        self._changed = asyncio.Event()
        # Whose groups they are; None until the reconciler has looked.
        self._here: Installation | None = None

    def work(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What must run as long as the hub does, by what it is called in the log."""
        return {"receiving hints": self._receive, "joining groups": self._join_for_ever}

    def changed(self) -> None:
        """Inboxes have come or gone."""
        self._changed.set()

    def belongs_to(self, here: Installation) -> None:
        """Which installation this is is known, or has become another one."""
        self._here = here
        self._changed.set()

    async def _receive(self) -> None:
        """Take events from the layer for ever; nothing that it does ends this."""
        while True:
            try:
                if not self._channel:
                    self._channel = await self._layer.new_channel()
                    self._changed.set()
                event = await self._layer.receive(self._channel)
            except Exception as error:  # noqa: BLE001 (a layer may raise anything)
                self._failed("receive", "Receiving from the channel layer", error)
                # The channel is kept, or its queue would be.
                self._changed.set()
                await asyncio.sleep(_RETRY_S * random.uniform(0.5, 1.5))  # noqa: S311
                continue
            try:
                await self._deliver(event)
            except Exception as error:  # noqa: BLE001 (the next one may make sense)
                supervisor.report("a hint", error)

    async def _join_for_ever(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._channel:
                try:
                    await self._join_and_leave()
                except Exception as error:  # noqa: BLE001 (a layer may raise anything)
                    self._failed("join", "Joining a group", error)
                    await asyncio.sleep(_RETRY_S)
                    self._changed.set()

    def _failed(self, key: str, what: str, error: Exception) -> None:
        """Log it and look into the database; the layer may have forgotten who is in a group."""
        log_limits.once_a_minute(
            logger, logging.WARNING, key, "%s failed (%s: %s); it is tried again.",
            what, type(error).__name__, str(error).strip(),
        )  # fmt: skip
        self._must_rejoin = True
        self._on_failure()

    async def _join_and_leave(self) -> None:
        here = self._here
        if here is None:
            return
        wanted = {hints.all_hubs(here), *(hints.inbox_group(here, pk) for pk in self._inbox_ids)}
        missing = wanted if self._must_rejoin else wanted - self._joined
        self._must_rejoin = False
        for n, group in enumerate(missing, 1):
            async with asyncio.timeout(publisher.TIMEOUT_S):
                await self._layer.group_add(group, self._channel)
            self._joined.add(group)
            if n % _JOINS_AT_ONCE == 0:
                await asyncio.sleep(_JOINS_REST_S)
        for group in self._joined - wanted:
            self._joined.discard(group)
            async with asyncio.timeout(publisher.TIMEOUT_S):
                await self._layer.group_discard(group, self._channel)
