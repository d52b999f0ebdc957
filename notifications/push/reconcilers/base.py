"""Compares what the database holds with what the hub's streams have, and makes up for lost hints.

Each kind of database has its own way to notice what was written: see the modules beside this one.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError, connection

from notifications.models import Epoch
from notifications.models.epoch import epoch_tag as tag_of
from notifications.process import outages, supervisor
from notifications.push import arrivals, installation
from notifications.push.hub import Hub
from notifications.push.installation import Installation

logger = logging.getLogger(__name__)

# After a look that failed, and at most until the first that tells which installation this is.
RETRY_S = 0.5


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What one poll of the database has shown: which epoch it is, and where inboxes stand.

    ``access``: inboxes and their access versions. ``gone``: inboxes that are followed here and are
    not there any more, as when the user was deleted; None: some inbox has gone, whichever.
    """

    epoch_secret: str
    rows: Sequence[tuple[int, int]]
    # Where the database is, and when the look began.
    place: str = ""
    asked_at: float = float("-inf")
    access: Sequence[tuple[int, int]] = ()
    gone: Sequence[int] | None = ()
    # After which item all that is new has come, where it is best looked for so.
    after_item: int | None = None


class Reconciler(ABC):
    """Looks at the database again and again, on a thread of its own, and tells the hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._ended = threading.Event()
        self._secret = ""
        self._here: Installation | None = None
        self._looked_at = time.monotonic()

    def lag_s(self) -> float:
        """Seconds since the last look that succeeded; from any thread."""
        return time.monotonic() - self._looked_at

    def start(self) -> None:
        supervisor.keep_thread("reconciler", self._run)

    def stop(self) -> None:
        self._ended.set()
        self.poll_now()

    @abstractmethod
    def poll_now(self) -> None:
        """Look at once; from any thread."""

    @abstractmethod
    def _wait_and_look(self) -> DatabaseState | None:
        """Wait until there may be something new; what there is, or None.

        Raises: DatabaseError, InterfaceError, sqlite3.Error, OSError
        """

    def _close(self) -> None:
        """Give back what the looking took."""
        connection.close()

    def _run(self) -> None:
        self._look_until_stopped()
        self._close()

    def _look_until_stopped(self) -> None:
        while not self._ended.is_set():
            try:
                state = self._wait_and_look()
                self._looked_at = time.monotonic()
                if state is not None:
                    self._tell(state)
            except (DatabaseError, InterfaceError, sqlite3.Error, OSError) as error:
                outages.tell(logger, error, "Looking at the database failed")
                connection.close()
                self._ended.wait(RETRY_S)
            except Exception as error:  # noqa: BLE001 (nothing else would notice what others write)
                if self._hub.loop.is_closed():
                    return
                supervisor.report("the reconciler", error)
                self._ended.wait(RETRY_S)

    def _tell(self, state: DatabaseState) -> None:
        epoch_tag = tag_of(state.epoch_secret)
        hub = self._hub
        here = installation.at(state.epoch_secret, state.place)
        if here != self._here:
            self._here = here
            self._belongs_to(here)
        if state.epoch_secret != self._secret:
            self._secret = state.epoch_secret
            self._call(hub.on_epoch, epoch_tag)
        if state.rows:
            arrived = self._arrived(epoch_tag, state)
            self._call(hub.on_revisions, epoch_tag, state.rows, state.asked_at, arrived)
        if state.access:
            self._call(hub.access.on_versions, state.access)
        if state.gone is None or state.gone:
            self._call(hub.access.on_gone, state.gone)

    def _arrived(self, epoch_tag: str, state: DatabaseState) -> Sequence[dict[str, Any]]:
        """What has just come into these inboxes; streams that are not told read it themselves."""
        lacking = self._hub.lacking(state.rows)
        if not lacking:
            return ()
        try:
            return arrivals.read(epoch_tag, lacking, state.after_item)
        except (DatabaseError, InterfaceError, TypeError, ValueError) as error:
            outages.tell(logger, error, "What has arrived could not be read for all at once")
            return ()

    def _belongs_to(self, here: Installation) -> None:
        """Which installation this is has become known, or has changed."""
        self._call(self._hub.belongs_to, here)

    def _call(self, fact: Callable[..., None], *values: Any) -> None:
        """Tell the hub, on its own loop."""
        self._hub.loop.call_soon_threadsafe(supervisor.attempt, "what was read", fact, *values)

    def _restored(self, epoch_secret: str) -> None:
        """The database has gone back in time: its revisions mean something else from now on."""
        if Epoch.renew(epoch_secret):
            logger.warning("The database was restored from a backup; a new epoch has begun.")
