"""Asks PostgreSQL twice a second for the inboxes of the users who are here."""

from __future__ import annotations

import threading
import time

from django.db import close_old_connections

from notifications.conf import conf
from notifications.models import Epoch, Inbox
from notifications.push import installation
from notifications.push.hub import Hub
from notifications.push.reconcilers.base import RETRY_S, DatabaseState, Reconciler


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
        self._wanted.wait(every_s if self._here is not None else min(every_s, RETRY_S))
        self._wanted.clear()
        users = list(self._hub.streams)
        self._hinted |= self._hub.take_hinted()
        asked_at = time.monotonic()
        try:
            secret, place = installation.read()
            inboxes = self._rows(users)
            rows = [row[:2] for row in inboxes]
            access = [(pk, version) for pk, _, version in inboxes]
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
