"""Notices what other processes commit to a SQLite file, within a millisecond or two.

The kernel tells of a write to the ``-wal`` file, and ``PRAGMA data_version`` whether it has become
visible.

Writers are serial on SQLite, and each change numbers its inbox from one counter: what is new
carries a number above the last one seen.
"""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

from django.db import connection

from notifications.conf import conf
from notifications.models import ChangeCounter, Epoch, Inbox, InboxItem
from notifications.push import installation
from notifications.push.hub import Hub
from notifications.push.reconcilers.base import DatabaseState, Reconciler
from notifications.push.reconcilers.inotify import FolderWatch

# The kernel tells when a page is written; the commit becomes visible once the disk has it, so it is
# looked for again and again, until all that was written may have been seen. Each pause is about a
# third of what has passed: so much is added to what a slow disk has taken.
_LOOKS_AFTER_S = (
    0.0003, 0.0006, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.0055, 0.0075, 0.010, 0.013, 0.017, 0.023,
    0.031, 0.042, 0.057, 0.077, 0.104, 0.140, 0.190, 0.250,
)  # fmt: skip
# After each look the thread rests so many times as long as that kept a core: a fifth of one at
# most, and next to nothing where there is little to see, since one send makes several commits. What
# a look waits for others, for a core or for the interpreter, is no reason to rest.
_REST_TIMES = 4
_LOOKS = len(_LOOKS_AFTER_S)
# Where at least this share of the inboxes that have changed is followed here, what has come is read
# in the order in which it came: each inbox's own lies in a page of its own, the more there is.
_MANY = 0.5

_HEAD_SQL = (
    "SELECT c.change_seq, c.gone_count, e.epoch_secret, "  # noqa: S608
    f"(SELECT MAX(id) FROM {InboxItem._meta.db_table}) "
    f"FROM {ChangeCounter._meta.db_table} c CROSS JOIN {Epoch._meta.db_table} e"
)
_INBOXES_SQL = f"SELECT id, revision, access_version FROM {Inbox._meta.db_table} WHERE "  # noqa: S608
_CHANGED_SQL = f"{_INBOXES_SQL} change_seq > ?"
_FOLLOWED_SQL = f"{_INBOXES_SQL} id IN (SELECT value FROM json_each(?))"  # noqa: S608


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
        # The last item at the look before.
        self._last_item: int | None = None
        self._rest_until = 0.0
        # When the kernel told of a write last, and how many looks of those after it are over.
        self._written_at, self._looks = 0.0, _LOOKS

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
            self._written_at, self._looks = now, 0
        else:
            while self._looks < _LOOKS and self._next_look_at() <= now:
                self._looks += 1
        self._open()
        state, is_moved = self._look_at_what_changed()
        if is_moved and not is_written:
            # That was it: who writes after another has committed is told of anew. At a look that
            # was told of, it may be the one before who has, while the next is writing already.
            self._looks = _LOOKS
        return state

    def _next_look_at(self) -> float:
        return self._written_at + _LOOKS_AFTER_S[self._looks]

    def _patience_s(self) -> float:
        if self._looks < _LOOKS:
            return max(0.0, self._next_look_at() - time.monotonic())
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

    def _look_at_what_changed(self) -> tuple[DatabaseState | None, bool]:
        """What is new, and whether anything was committed since the look before."""
        assert self._database is not None  # noqa: S101 (opened before)
        (version,) = self._database.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return None, False
        state = self._look()
        # Not before: nobody else would tell of a change that could not be looked at.
        self._version = version
        return state, True

    def _look(self) -> DatabaseState | None:
        assert self._database is not None  # noqa: S101 (opened before)
        self._ended.wait(max(0.0, self._rest_until - time.monotonic()))
        began, began_cpu = time.monotonic(), time.thread_time()
        head = self._database.execute(_HEAD_SQL).fetchone()
        # What is committed between the two is among these, and again among those of the next look.
        changed = self._changed(self._database)
        self._rest_until = time.monotonic() + (time.thread_time() - began_cpu) * _REST_TIMES
        if head is None:
            return None  # not migrated yet
        change_seq, gone_count, secret, last_item = head
        before, self._change_seq = self._change_seq, change_seq
        gone_before, self._gone_count = self._gone_count, gone_count
        after_item, self._last_item = self._last_item, last_item
        if before is not None and change_seq < before and secret == self._secret:
            self._restored(secret)
            return None
        # Who begins to follow one now reads later than this.
        followed = self._hub.streams
        rows = [(pk, revision) for pk, revision, _ in changed if pk in followed]
        return DatabaseState(
            secret,
            rows,
            installation.place_of_file(self._path),
            began,
            # Of whom access was never taken, as of nearly all, there is nothing to say; who has
            # restored the database has begun an epoch, in which all are looked at.
            [(pk, version) for pk, _, version in changed if version],
            () if gone_before == gone_count else None,
            after_item if len(rows) >= _MANY * len(changed) else None,
        )

    def _changed(self, database: sqlite3.Connection) -> list[tuple[int, int, int]]:
        """Where inboxes stand that have changed since the look before, and their access versions.

        At the first look all that are followed: what was committed since their streams have read,
        no later look would tell them.
        """
        if self._change_seq is not None:
            return database.execute(_CHANGED_SQL, (self._change_seq,)).fetchall()
        # After the head was read: who begins to follow one now reads later than that.
        return database.execute(_FOLLOWED_SQL, (json.dumps(list(self._hub.streams)),)).fetchall()
