"""Asks PostgreSQL twice a second for the inboxes that are followed here.

And at once for those of whom another process has notified: see ``listener.py``.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.db import close_old_connections, connection

from notifications.conf import conf
from notifications.models import Epoch, Inbox, sql
from notifications.models.epoch import epoch_tag as tag_of
from notifications.push import installation, notifier, wakes
from notifications.push.hub import Hub
from notifications.push.installation import Installation
from notifications.push.reconcilers.base import RETRY_S, DatabaseState, Reconciler
from notifications.push.reconcilers.wanted import Wanted
from notifications.push.told import Head
from notifications.push.wakes import Inboxes

if TYPE_CHECKING:
    from notifications.push.reconcilers.listener import Listener

# An inbox, its revision and access version, and the epoch's secret: of one moment. In SQL of
# our own: it is asked as often as others commit, and most of its time would be the ORM's.
_Row = tuple[int, int, int, str]
_KEY = Inbox._meta.pk.column
_SQL = (
    f"SELECT i.{_KEY}, i.revision, i.access_version, e.epoch_secret "  # noqa: S608
    f"FROM {Inbox._meta.db_table} i CROSS JOIN {Epoch._meta.db_table} e "
    f"WHERE i.{_KEY} = ANY(%s::bigint[])"
)


class PostgresqlReconciler(Reconciler):
    """Asks where the inboxes are that are followed here, and at once after any layer error."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self._wanted = Wanted()
        self._listener: Listener | None = None
        self._place = ""
        # The revision that was read last of each inbox, in the present epoch, and likewise the
        # access version.
        self._seen: dict[int, int] = {}
        self._access: dict[int, int] = {}
        # What streams were sent or have read, and have not been told since where the inbox stands.
        self._told: dict[int, Head] = {}

    def start(self) -> None:
        if notifier.is_wanted():
            from notifications.push.reconcilers.listener import Listener  # noqa: PLC0415 (psycopg)

            self._listener = Listener(self.look_at, self._hear, self._hub.loop.is_closed)
            self._listener.start()
        super().start()

    def stop(self) -> None:
        if self._listener is not None:
            self._listener.stop()
        super().stop()

    def poll_now(self) -> None:
        self._wanted.at_once()

    def look_at(self, inboxes: Inboxes) -> None:
        """Look at these soon, as far as they are followed here; from any thread.

        Those who are named are read at once, too: what comes, waits for no look. The look is for
        what reading does not show, as whether access was taken.
        """
        if inboxes is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._call(self._hub.on_woken, inboxes)
        self._wanted.add(inboxes)

    def _hear(self, hints: Sequence[object], inboxes: Inboxes) -> None:
        """Hand on what another process says of its commits; from any thread.

        A look follows, which nothing waits for: the sooner what was told is known to have been in
        the database, the sooner it is noticed that a backup was put in its place.
        """
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._call(self._hub.on_hints, hints)
        self._wanted.add(inboxes, are_told=True)

    def _belongs_to(self, here: Installation) -> None:
        super()._belongs_to(here)
        if self._listener is not None:
            self._listener.listen_to(wakes.channel(here.group))

    def _wait_and_look(self) -> DatabaseState | None:
        every_s = conf.RECONCILE_S
        # No hint is believed before it is known which installation this is.
        named = self._wanted.next(every_s if self._here is not None else min(every_s, RETRY_S))
        if named is None:
            return self._look_at_all()
        inbox_ids = [pk for pk in named if pk in self._hub.streams]
        return self._look_at_some(inbox_ids) if inbox_ids else None

    def _look_at_all(self) -> DatabaseState | None:
        inbox_ids = list(self._hub.streams)
        self._told |= self._hub.told.take()
        asked_at = time.monotonic()
        try:
            secret, self._place = installation.read()
            rows = self._rows(inbox_ids)
        except Epoch.DoesNotExist:
            return None  # not migrated yet, or being flushed
        finally:
            close_old_connections()
        state = self._compared(secret, asked_at, inbox_ids, rows)
        if state is not None:
            self._told = {}  # the rest is not followed any more
            self._seen = {pk: revision for pk, revision, *_ in rows}
            self._access = {pk: version for pk, _, version, _ in rows}
        return state

    def _look_at_some(self, inbox_ids: list[int]) -> DatabaseState | None:
        self._told |= self._hub.told.take()
        asked_at = time.monotonic()
        # The connection is kept until all are looked at: taking it from the pool would cost more
        # than what is asked by it.
        rows = self._rows(inbox_ids)
        if any(secret != self._secret for *_, secret in rows):
            self.poll_now()
            return None
        return self._compared(self._secret, asked_at, inbox_ids, rows)

    def _compared(
        self, secret: str, asked_at: float, inbox_ids: list[int], rows: list[_Row]
    ) -> DatabaseState | None:
        """What is new in the rows that there are of these inboxes; they are known from now on."""
        seen = self._seen if secret == self._secret else {}
        tag = tag_of(secret)
        told = {pk: rev for pk, (epoch_tag, rev) in self._told.items() if epoch_tag == tag}
        revisions = {pk: revision for pk, revision, _, _ in rows}
        versions = {pk: version for pk, _, version, _ in rows}
        if _is_below(revisions, seen) or _is_below(revisions, told):
            self._restored(secret)
            self._seen = {}
            return None
        news = {pk for pk, rev in revisions.items() if rev != seen.get(pk) or pk in self._told}
        state = DatabaseState(
            secret,
            [row for row in revisions.items() if row[0] in news],
            self._place,
            asked_at,
            [row for row in versions.items() if row[1] != self._access.get(row[0])],
            [pk for pk in inbox_ids if pk not in revisions],
        )
        seen.update(revisions)
        self._seen = seen
        self._access.update(versions)
        # Not before: what a look that failed should have told, the next one tells.
        self._told = {pk: one for pk, one in self._told.items() if pk not in revisions}
        return state

    @staticmethod
    def _rows(inbox_ids: list[int]) -> list[_Row]:
        if not inbox_ids:
            return []
        with connection.cursor() as cursor:
            cursor.execute(_SQL, [sql.listed(Inbox._meta.pk, inbox_ids)])
            rows: list[_Row] = cursor.fetchall()
        return rows


def _is_below(revisions: Mapping[int, int], known: Mapping[int, int]) -> bool:
    """Whether some inbox stands before where it is known to have come."""
    return any(revision < known.get(pk, 0) for pk, revision in revisions.items())
