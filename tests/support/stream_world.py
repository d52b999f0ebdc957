"""A world around streams, without sockets, loops and databases, written from the protocol alone.

`Database` holds inboxes, `Client` is a client by the letter of section 3, and `Referee` watches one
connection from outside and knows what the window, the position and each `synced` must be.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from notifications.stream.messages import Entry, Hint, Loaded
from notifications.wire import contract
from notifications.wire.frames import Cursor

Frame = dict[str, Any]

CONTENT = ("changes", "snapshot")
# Beside content, what a server's buffer may hold: `ping`, `synced`, `pong`, `error`, `hello`.
SMALL_FRAMES_BYTES = 4 * 1024


def encode(frame: Frame) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()


# --- The database ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One notification in one inbox."""

    id: str
    revision: int
    arrived: int
    size: int
    seen: bool = False
    read: bool = False
    archived: bool = False
    snoozed: bool = False
    removed: bool = False

    @property
    def listed(self) -> bool:
        return not (self.removed or self.archived or self.snoozed)

    def wire(self) -> Frame:
        return {
            "id": self.id,
            "revision": self.revision,
            "arrived_revision": self.arrived,
            "body": "x" * self.size,
            "seen_at": "then" if self.seen else None,
            "read_at": "then" if self.read else None,
            "archived_at": "then" if self.archived else None,
            "snoozed_until": "then" if self.snoozed else None,
        }

    def encoded(self) -> bytes:
        head = b'{"id":"%s","revision":%d,"arrived_revision":%d,"body":"%s"' % (
            self.id.encode(), self.revision, self.arrived, b"x" * self.size,
        )  # fmt: skip
        marks = {
            "seen_at": self.seen,
            "read_at": self.read,
            "archived_at": self.archived,
            "snoozed_until": self.snoozed,
        }
        tail = "".join(f',"{name}":{"null" if not on else chr(34) + "then" + chr(34)}'
                       for name, on in marks.items())  # fmt: skip
        return head + tail.encode() + b"}"


def _sets(**fields: bool) -> Callable[[Item], Item]:
    return lambda item: replace(item, **fields)


ACTS: dict[str, Callable[[Item], Item]] = {
    "seen": _sets(seen=True),
    "read": _sets(seen=True, read=True),
    "unread": _sets(read=False),
    "archive": _sets(archived=True, snoozed=False),
    "restore": _sets(archived=False, snoozed=False),
    "snooze": lambda item: item if item.archived else replace(item, snoozed=True),
    "remove": _sets(removed=True),
}


@dataclass
class Inbox:
    user: str
    epoch: str
    epoch_tag: str
    revision: int = 0
    floor: int = 0
    items: dict[str, Item] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        listed = [item for item in self.items.values() if item.listed]
        return {
            "unread": sum(not item.read for item in listed),
            "unseen": sum(not item.seen for item in listed),
        }

    def arrive(self, name: str, size: int) -> None:
        assert name not in self.items
        self.revision += 1
        self.items[name] = Item(name, self.revision, self.revision, size)

    def act(self, op: str, names: list[str]) -> bool:
        """Do it at all of them, in one revision; whether there was anything to do."""
        done = {
            name: changed
            for name in names
            if not self.items[name].removed
            and (changed := ACTS[op](self.items[name])) != self.items[name]
        }
        self.revision += bool(done)
        for name, item in done.items():
            self.items[name] = replace(item, revision=self.revision)
        return bool(done)

    def wake(self) -> bool:
        """The one that is snoozed for the longest comes back, as if it arrived anew; if any is."""
        asleep = [item for item in self.items.values() if item.snoozed and not item.removed]
        if asleep:
            self.revision += 1
            first = min(asleep, key=lambda item: item.revision)
            self.items[first.id] = Item(first.id, self.revision, self.revision, first.size)
        return bool(asleep)

    def forget(self, upto: int) -> None:
        """Removed ones up to there are deleted: nobody can resume from before any more."""
        self.floor = max(self.floor, upto)
        gone = [i.id for i in self.items.values() if i.removed and i.revision <= upto]
        for name in gone:
            del self.items[name]

    def present(self) -> list[str]:
        return [item.id for item in self.items.values() if not item.removed]

    def load(self, cursor: Cursor | None) -> Loaded:
        """What one statement of the server finds (PROTOCOL.md, section 3)."""
        counts = self.counts
        found = Loaded(
            user=self.user, epoch=self.epoch, epoch_tag=self.epoch_tag, revision=self.revision,
            unread=counts["unread"], unseen=counts["unseen"],
        )  # fmt: skip
        if cursor is not None and self._resumes(cursor):
            changed = [i for i in self.items.values() if i.revision > cursor.since]
            if len(changed) <= contract.CHANGES_MAX_COUNT:
                changed.sort(key=lambda item: (item.revision, item.arrived))
                return replace(found, since=cursor.since, changes=tuple(map(entry, changed)))
        listed = sorted((i for i in self.items.values() if i.listed), key=lambda i: -i.arrived)
        shown = listed[: contract.SNAPSHOT_SIZE]
        more = len(listed) > len(shown)
        return replace(found, listed=tuple(item.encoded() for item in shown), more=more)

    def _resumes(self, cursor: Cursor) -> bool:
        return cursor.epoch == self.epoch and self.floor <= cursor.since <= self.revision

    def hint(self, with_frame: bool) -> Hint:
        """What the server says of the last change."""
        counts = self.counts
        since, revision = self.revision - 1, self.revision
        changed = [i for i in self.items.values() if i.revision == revision]
        if not with_frame or len(changed) != 1:
            return Hint(self.epoch_tag, since, revision)
        frame = {
            "type": "changes", "since": since, "revision": revision,
            "notifications": [i.wire() for i in changed if not i.removed],
            "removed": [i.id for i in changed if i.removed],
            "counts": counts,
        }  # fmt: skip
        return Hint(self.epoch_tag, since, revision, encode(frame))

    def copy(self) -> Inbox:
        return replace(self, items=dict(self.items))


def entry(item: Item) -> Entry:
    return Entry(item.revision, item.id, None if item.removed else item.encoded())


# --- A client -------------------------------------------------------------------------------------


class Client:
    """What a client holds of an inbox; several connections may feed it."""

    def __init__(self) -> None:
        self.removed: set[str] = set()
        self.forget()

    def forget(self) -> None:
        self.epoch: str | None = None
        self.revision = -1
        self.counts: dict[str, int] | None = None
        self.held: dict[str, Frame] = {}
        self.oldest = 0
        self.removed.clear()

    def cursor(self) -> Cursor | None:
        return None if self.epoch is None else Cursor(self.epoch, self.revision)

    def changes(self, frame: Frame) -> str:
        if frame["revision"] <= self.revision:
            return "duplicate"
        if frame["since"] > self.revision:
            return "gap"
        names = [one["id"] for one in frame["notifications"]]
        assert len({*names, *frame["removed"]}) == len(names) + len(frame["removed"])
        assert not self.removed.intersection(names), "a removed one came back"
        for one in frame["notifications"]:
            known = self.held.get(one["id"])
            if known is None and one["arrived_revision"] < self.oldest:
                continue
            if known is None or known["revision"] < one["revision"]:
                self.held[one["id"]] = one
        for name in frame["removed"]:
            self.held.pop(name, None)
            self.removed.add(name)
        self.revision = frame["revision"]
        # Those of the last part count; until then there are none that do.
        self.counts = None if frame.get("partial") else frame["counts"]
        return "applied"

    def snapshot(self, frame: Frame) -> None:
        if frame["epoch"] != self.epoch or frame["revision"] < self.revision:
            self.removed.clear()  # another life, or another connection's past
        arrivals = [one["arrived_revision"] for one in frame["notifications"]]
        assert arrivals == sorted(arrivals, reverse=True)
        self.epoch, self.revision = frame["epoch"], frame["revision"]
        self.held = {one["id"]: one for one in frame["notifications"]}
        self.counts = frame["counts"]
        self.oldest = min(arrivals, default=0) if frame["more"] else 0

    def difference(self, inbox: Inbox) -> str:
        """How it differs from the truth; empty where it does not."""
        if (self.epoch, self.revision) != (inbox.epoch, inbox.revision):
            mine = f"{self.epoch}.{self.revision}"
            return f"is at {mine} instead of {inbox.epoch}.{inbox.revision}"
        if self.counts != inbox.counts:
            return f"counts {self.counts} instead of {inbox.counts}"
        for name, one in self.held.items():
            if name not in inbox.items or inbox.items[name].removed:
                return f"holds {name}, which is gone"
            if one != inbox.items[name].wire():
                return f"holds an old state of {name}"
        for item in inbox.items.values():
            if item.listed and item.arrived >= self.oldest and item.id not in self.held:
                return f"lacks {item.id}"
        return ""


class ClientConnection:
    """One connection of a client, from its first frame on; time comes from outside."""

    def __init__(self, client: Client, say: Callable[[Frame], None], now: float) -> None:
        self.client = client
        self.asked_with = client.cursor()
        self.epoch: str | None = None
        self.ping_interval_s = 0.0
        self.asking = True  # by the cursor in the URL
        self.resumes = 0
        self.bye: Frame | None = None
        self.synced = False
        self.last_heard_at = now
        self._say = say
        self._asked_at = now
        # The highest revision that the server has named since the last snapshot.
        self._named = 0
        self._pong_at: float | None = None

    def take(self, frame: Frame, now: float, receipt_in_s: float = 2.0) -> None:
        self.last_heard_at = now
        kind = frame["type"]
        if kind == "bye":
            self.bye = self.bye or frame
        elif kind == "hello":
            assert self.epoch is None, "hello came twice"
            self.epoch, self.ping_interval_s = frame["epoch"], frame["ping_interval_s"]
        elif self.epoch is None:
            raise AssertionError(f"{kind} came before hello")
        elif kind == "snapshot":
            self.epoch, self._named = frame["epoch"], frame["revision"]
            self.client.snapshot(frame)
            self._receipt(now + receipt_in_s)
        elif kind == "changes":
            # It does not name its epoch: ours must be that of the connection.
            self._named = max(self._named, frame["revision"])
            if self.epoch == self.client.epoch and self.client.changes(frame) == "applied":
                self._receipt(now + receipt_in_s)
        elif kind in {"synced", "ping"}:
            self._named = max(self._named, frame["revision"])
            if kind == "ping":
                self.pong()
            else:
                self.asking, self.synced = False, True
        self.tick(now)

    def is_behind(self) -> bool:
        if self.epoch is None:
            return False
        return self.epoch != self.client.epoch or self._named > self.client.revision

    def tick(self, now: float) -> None:
        if self._pong_at is not None and now >= self._pong_at:
            self.pong()
        if self.is_behind():
            self.resume_if_allowed(now)

    def resume_if_allowed(self, now: float) -> None:
        """One at a time, and a second after the last."""
        if self.epoch is not None and not self.asking and now >= self._asked_at + 1:
            self.resume(now)

    def resume(self, now: float) -> None:
        self.asking, self.synced, self._asked_at = True, False, now
        self.resumes += 1
        mine = self.client.epoch == self.epoch
        since = self.client.revision if mine else None
        self._say({"type": "resume", "epoch": self.epoch, "since": since})

    def pong(self) -> None:
        self._pong_at = None
        epoch, revision = self.client.epoch or self.epoch, max(0, self.client.revision)
        self._say({"type": "pong", "epoch": epoch, "revision": revision})

    def _receipt(self, at: float) -> None:
        if self._pong_at is None:
            self._pong_at = at


# --- The referee ----------------------------------------------------------------------------------


@dataclass
class Referee:
    """Knows from the outside what a connection may be sent, and objects to everything else.

    `inbox` is the truth, `buffered` what the server holds before the frame that is about to be
    sent.
    """

    cursor: Cursor | None
    buffered: Callable[[], int]
    inbox: Callable[[], Inbox]

    epoch: str | None = None
    position: int = 0
    owed: int = 1
    closed: bool = False
    said_bye: int | None = None
    loading: bool = False
    # Counted.
    loads: int = 0
    contents: int = 0
    most_bytes: int = 0
    _acknowledged: int = 0
    _sent: deque[tuple[int, int]] = field(default_factory=deque)
    # Whether only a part of something split was sent.
    _partial: bool = False
    # After a resume: content before the answer's read has begun would be none of the answer.
    _unread: bool = False

    @property
    def outstanding(self) -> int:
        return sum(size for revision, size in self._sent if revision > self._acknowledged)

    def asks(self, cursor: Cursor | None) -> None:
        """The stream reads."""
        assert not self.loading, "two reads at a time"
        assert not self.closed, "a read after the close"
        self.loading = True
        self.loads += 1
        self._unread = False

    def answered(self, found: Loaded | None = None) -> None:
        """A read has ended; it may show that a cursor beyond the head of then is none any more."""
        self.loading = False
        cursor = self.cursor
        if found is None or found.since is None or cursor is None or not self.owed:
            return
        if cursor == Cursor(found.epoch, found.since) and self.epoch == found.epoch:
            self.position = self._acknowledged = max(self.position, found.since)

    def resumed(self, cursor: Cursor | None) -> None:
        self.owed += 1
        self.cursor = cursor
        self._unread = True
        if self.epoch is not None:
            self._void()

    def ponged(self, epoch: str, revision: int) -> None:
        if epoch == self.epoch:
            self._acknowledged = max(self._acknowledged, min(revision, self.position))

    def sends(self, frame: Frame, size: int, *, live: bool = False) -> None:
        """A frame goes out; ``live``: because of a hint, and not of a read."""
        kind = frame["type"]
        assert not self.closed, f"{kind} after the close"
        if self.epoch is None:
            assert kind in {"hello", "bye"}, f"{kind} before hello"
        if kind == "hello":
            assert self.epoch is None, "hello twice"
            self.epoch = frame["epoch"]
            self._void()
        elif kind in CONTENT:
            assert not (live and self.owed), "something live before its synced"
            self._content(frame, size)
        elif kind == "synced":
            assert self.owed, "a synced that nobody asked for"
            assert not self._partial, "synced after a part"
            assert frame["revision"] == self.position, "synced elsewhere than what was sent"
            self.owed -= 1
        elif kind in {"ping", "pong"}:
            # It counts from 0 where a resume is beyond the head that the server knows, and where a
            # new epoch was found whose snapshot has no room yet.
            # Of a head that was only claimed, by a hint, the server may believe a resume.
            claimed = self.cursor.since if self.owed and self.cursor else 0
            ahead = frame["revision"] > max(self.position, claimed)
            assert not ahead, f"{kind} ahead of what was sent"
            behind = frame["revision"] < self.position and not self.owed
            assert not behind or frame["revision"] == 0, f"{kind} behind what was sent"
        elif kind == "bye":
            self.said_bye = frame["code"]
        holds = self.buffered() + size
        self.most_bytes = max(self.most_bytes, self.outstanding, holds)

    def closes(self, code: int) -> None:
        assert self.said_bye is not None, "a close without a bye"
        self.closed = True

    def _content(self, frame: Frame, size: int) -> None:
        kind, revision = frame["type"], frame["revision"]
        assert size <= contract.FRAME_MAX_BYTES, f"{kind} of {size} bytes"
        if kind == "snapshot" and frame["epoch"] != self.epoch:
            self.epoch = frame["epoch"]
            self.position = self._acknowledged = 0
            self._sent.clear()
        if kind == "snapshot" and revision < self.position:
            # What it was sent before was not so.
            self._acknowledged = 0
            self._sent.clear()
        room = max(self.outstanding, self.buffered())
        assert room < contract.WINDOW_BYTES, f"{kind} starts where {room} bytes are on the way"
        assert not self._unread, "content between a resume and its answer"
        self.contents += 1
        if kind == "snapshot":
            self._partial = False
            self.owed = max(self.owed, 1)
        else:
            assert ("counts" in frame) != bool(frame.get("partial"))
            assert frame["since"] <= self.position, "a gap"
            assert frame["revision"] > self.position, "nothing new"
            self._partial = bool(frame.get("partial"))
        self.position = revision
        self._sent.append((revision, size))

    def _void(self) -> None:
        cursor = self.cursor
        self.position = 0
        if cursor is not None and cursor.epoch == self.epoch:
            # Of an epoch that has ended nobody knows the head any more.
            inbox = self.inbox()
            if inbox.epoch != self.epoch or cursor.since <= inbox.revision:
                self.position = cursor.since
        self._acknowledged = self.position
        self._sent.clear()
        self._partial = False
