"""Compares what the database holds with what the hub's streams have, and makes up for lost hints.

On SQLite it is the usual way for what other processes write: the kernel tells of a write to the
``-wal`` file, and ``PRAGMA data_version`` whether it has become visible. On PostgreSQL it asks
twice a second for the inboxes of the users who are here.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from notifications.conf import conf
from notifications.models import Epoch, Inbox
from notifications.process import outages, supervisor
from notifications.push import catch_up, installation
from notifications.push.hub import Hub
from notifications.push.installation import Installation

logger = logging.getLogger(__name__)

_RETRY_S = 0.5


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What one poll of the database has shown: which epoch it is, and where inboxes stand.

    ``access``: users and their access versions. ``gone``: who is here and has no inbox any more, as
    when the user was deleted; None: somebody's has gone, whoever that was.
    """

    epoch_secret: str
    rows: Sequence[tuple[int, int]]
    # Where the database is, and when the look began.
    place: str = ""
    asked_at: float = float("-inf")
    access: Sequence[tuple[int, int]] = ()
    gone: Sequence[int] | None = ()


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
                sight = self._wait_and_look()
                self._looked_at = time.monotonic()
                if sight is not None:
                    self._tell(sight)
            except (DatabaseError, InterfaceError, sqlite3.Error, OSError) as error:
                outages.tell(logger, error, "Looking at the database failed")
                connection.close()
                self._ended.wait(_RETRY_S)
            except Exception as error:  # noqa: BLE001 (nothing else would notice what others write)
                if self._hub.loop.is_closed():
                    return
                supervisor.report("the reconciler", error)
                self._ended.wait(_RETRY_S)

    def _tell(self, sight: DatabaseState) -> None:
        epoch_tag = catch_up.epoch_tag(sight.epoch_secret)
        loop = self._hub.loop
        here = installation.at(sight.epoch_secret, sight.place)
        if here != self._here:
            self._here = here
            loop.call_soon_threadsafe(self._hub.belongs_to, here)
        if sight.epoch_secret != self._secret:
            self._secret = sight.epoch_secret
            loop.call_soon_threadsafe(self._hub.on_epoch, epoch_tag)
        if sight.rows:
            loop.call_soon_threadsafe(self._hub.on_revisions, epoch_tag, sight.rows, sight.asked_at)
        if sight.access:
            loop.call_soon_threadsafe(self._hub.access.sighted, sight.access)
        if sight.gone is None or sight.gone:
            loop.call_soon_threadsafe(self._hub.access.gone, sight.gone)

    def _restored(self, epoch_secret: str) -> None:
        """The database has gone back in time: its revisions mean something else from now on."""
        if Epoch.renew(epoch_secret):
            logger.warning("The database was restored from a backup; a new epoch has begun.")


class PostgresqlReconciler(Reconciler):
    """Asks for the revisions of the users who are here, and at once after any layer error."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self._wanted = threading.Event()
        # The revision that was read last of each user, in the present epoch, and likewise the
        # access version.
        self._seen: dict[int, int] = {}
        self._access: dict[int, int] = {}
        # Who was sent what a hint said, and has not been told since where the inbox stands.
        self._hinted: set[int] = set()

    def poll_now(self) -> None:
        self._wanted.set()

    def _wait_and_look(self) -> DatabaseState | None:
        every_s = conf.RECONCILE_S
        # No hint is believed before it is known which installation this is.
        self._wanted.wait(every_s if self._here is not None else min(every_s, _RETRY_S))
        self._wanted.clear()
        users = list(self._hub.streams)
        self._hinted |= self._hub.take_hinted()
        asked_at = time.monotonic()
        try:
            secret, place = installation.read()
            found = self._rows(users)
            rows = [row[:2] for row in found]
            access = [(pk, version) for pk, _, version in found]
            before = self._seen if secret == self._secret else {}
            if any(revision < before.get(user_id, 0) for user_id, revision in rows):
                self._restored(secret)
                self._seen = {}
                return None
        except Epoch.DoesNotExist:
            return None  # not migrated yet, or being flushed
        finally:
            close_old_connections()
        # Not before: what a look that failed should have told, the next one tells.
        hinted, self._hinted = self._hinted, set()
        self._seen = dict(rows)
        return DatabaseState(
            secret,
            [row for row in rows if row[1] != before.get(row[0]) or row[0] in hinted],
            place,
            asked_at,
            self._take_access_changes(access),
            [pk for pk in users if pk not in self._seen],
        )

    def _take_access_changes(self, access: list[tuple[int, int]]) -> list[tuple[int, int]]:
        before, self._access = self._access, dict(access)
        return [row for row in access if row[1] != before.get(row[0])]

    @staticmethod
    def _rows(users: list[int]) -> list[tuple[int, int, int]]:
        if not users:
            return []
        inboxes = Inbox.objects.filter(pk__among=users)
        return list(inboxes.values_list("pk", "revision", "access_version"))


def start(hub: Hub) -> None:
    """Begin to reconcile for this hub."""
    if connection.vendor == "sqlite":
        from notifications.push.reconcilers.sqlite import SqliteReconciler  # noqa: PLC0415 (Linux's inotify)

        reconciler: Reconciler = SqliteReconciler(hub)
    else:
        reconciler = PostgresqlReconciler(hub)
    hub.poll_now, hub.lag_s = reconciler.poll_now, reconciler.lag_s
    reconciler.start()
