"""Notices what other processes commit to a SQLite file, within a millisecond or two.

The kernel tells of a write to the ``-wal`` file, and ``PRAGMA data_version`` whether it has become
visible.

Writers are serial on SQLite, and each change numbers its inbox from one counter: what is new
carries a number above the last one seen.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from django.db import connection

from notifications.conf import conf
from notifications.models import ChangeCounter, Epoch, Inbox
from notifications.push import installation
from notifications.push.hub import Hub
from notifications.push.reconcilers.base import DatabaseState, Reconciler
from notifications.push.reconcilers.inotify import FolderWatch

# The kernel tells when a page is written; the commit becomes visible a moment later, so it is
# looked for again and again, until all that was written may have been seen.
_LOOKS_AFTER_S = (0.0005, 0.002, 0.006, 0.016)
# After each look the thread rests so many times as long as that took: a fifth of a core at most,
# and next to nothing where there is little to see, since one send makes several commits.
_REST_TIMES = 4

_HEAD_SQL = (
    "SELECT c.change_seq, c.gone_count, e.epoch_secret "  # noqa: S608
    f"FROM {ChangeCounter._meta.db_table} c CROSS JOIN {Epoch._meta.db_table} e"
)
_CHANGED_SQL = (
    f"SELECT id, revision, access_version FROM {Inbox._meta.db_table} WHERE change_seq > ?"  # noqa: S608
)


class SqliteReconciler(Reconciler):
    """Holds a connection of its own, outside of any transaction, that would pin the WAL."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self._path = Path(connection.settings_dict["NAME"])
        self._watch = FolderWatch(self._path.parent, suffix="-wal")
        self._database: sqlite3.Connection | None = None
        self._inode = 0
        self._version = -1
        self._change_seq: int | None = None
        self._gone_count: int | None = None
        self._rest_until = 0.0
        self._looks_at: list[float] = []

    def poll_now(self) -> None:
        self._watch.wake()

    def _close(self) -> None:
        super()._close()
        self._watch.close()
        if self._database is not None:
            self._database.close()

    def _wait_and_look(self) -> DatabaseState | None:
        is_written = self._watch.wait(self._patience_s())
        now = time.monotonic()
        if is_written:
            self._looks_at = [now + pause for pause in _LOOKS_AFTER_S]
        else:
            self._looks_at = [moment for moment in self._looks_at if moment > now]
        self._open()
        return self._look_at_what_changed()

    def _patience_s(self) -> float:
        if self._looks_at:
            return max(0.0, self._looks_at[0] - time.monotonic())
        if self._watch.is_told:
            return float(conf.RECONCILE_NET_S)
        return float(conf.RECONCILE_POLL_S)

    def _open(self) -> None:
        inode = self._path.stat().st_ino
        if self._database is not None and inode == self._inode:
            return
        if self._database is not None:
            self._database.close()  # another file has taken its place
            connection.close()
        self._database = sqlite3.connect(
            f"{self._path.as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            timeout=1,
            check_same_thread=False,
        )
        self._inode, self._version = inode, -1

    def _look_at_what_changed(self) -> DatabaseState | None:
        assert self._database is not None  # noqa: S101 (opened before)
        (version,) = self._database.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return None
        state = self._look()
        # Not before: nobody else would tell of a change that could not be looked at.
        self._version = version
        return state

    def _look(self) -> DatabaseState | None:
        assert self._database is not None  # noqa: S101 (opened before)
        self._ended.wait(max(0.0, self._rest_until - time.monotonic()))
        began = time.monotonic()
        head = self._database.execute(_HEAD_SQL).fetchone()
        last = self._change_seq if self._change_seq is not None else 2**62
        # What is committed between the two is among these, and again among those of the next look.
        changed = self._database.execute(_CHANGED_SQL, (last,)).fetchall()
        now = time.monotonic()
        self._rest_until = now + (now - began) * _REST_TIMES
        if head is None:
            return None  # not migrated yet
        change_seq, gone_count, secret = head
        before, self._change_seq = self._change_seq, change_seq
        gone_before, self._gone_count = self._gone_count, gone_count
        if before is not None and change_seq < before and secret == self._secret:
            self._restored(secret)
            return None
        # Who begins to follow one now reads later than this.
        followed = self._hub.streams
        return DatabaseState(
            secret,
            [(pk, revision) for pk, revision, _ in changed if pk in followed],
            installation.place_of_file(self._path),
            began,
            [(pk, version) for pk, _, version in changed],
            () if gone_before in {None, gone_count} else None,
        )
