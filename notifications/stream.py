"""One connection's position in one inbox. Facts in, actions out; no I/O, no clock, no Django.

A stream holds a position, never a backlog: what does not fit the window is read from the database
once there is room. So a slow client costs a constant.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from notifications import frames, protocol
from notifications.frames import BadFrame, ClientFrame, Cursor, Ping, Pong, Resume
from notifications.protocol import CloseCode
from notifications.window import TokenBucket, Window

_RETRY_S = 1.0


# --- Facts ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One notification that changed: its state, encoded, or None where it was removed."""

    revision: int
    id: str
    encoded: bytes | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """An inbox as one read of the database found it, from a cursor on.

    ``changes``: every notification changed after ``since``, in the order of revisions. ``listed``:
    the newest ones instead, newest first, where the cursor cannot be resumed from.
    """

    user: str
    epoch: str
    # Names the epoch among processes; the same for all users.
    life: str
    revision: int
    floor: int
    unread: int
    unseen: int
    since: int | None = None
    changes: tuple[Entry, ...] = ()
    listed: tuple[bytes, ...] | None = None
    more: bool = False

    @property
    def counts(self) -> bytes:
        return frames.counts(self.unread, self.unseen)


@dataclass(frozen=True, slots=True)
class Hint:
    """What the channel layer said: an inbox went from one revision to another.

    ``frame`` makes the `changes` frame that says so, where the hint carries what changed.
    """

    life: str
    since: int
    revision: int
    frame: Callable[[], bytes] | None = None


# --- Actions --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    frame: bytes


@dataclass(frozen=True, slots=True)
class Load:
    """Read the inbox from the cursor on (from nothing: a snapshot), and report it loaded."""

    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class Close:
    code: CloseCode
    reason: str


Action = Send | Load | Close


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a stream is given."""

    ping_interval_s: float = 25
    hello_s: float = 3
    age_s: float = 3600


@dataclass(slots=True)
class InboxStream:
    """The state machine of one connection.

    Each method takes a fact, and ``now`` (seconds of a monotonic clock) where it matters, and
    returns what is to be done, in this order. ``buffered`` tells how many bytes the server has
    not sent yet.
    """

    connection: str
    born_at: float
    server_time: Callable[[], str]
    limits: Limits = field(default_factory=Limits)
    buffered: Callable[[], int] = int

    # The revision of the last frame sent: what the client has, or will have.
    position: int = 0
    # The highest revision that the database is known to have.
    head: int = 0
    epoch: str = ""
    life: str = ""
    greeted: bool = False
    closed: CloseCode | None = None

    _window: Window = field(default_factory=Window)
    _loading: bool = False
    # How many `synced` the client waits for, and the cursor that it gave last.
    _owed: int = 1
    _asked: Cursor | None = None
    _asked_anew: bool = False
    # The highest revision that was heard of since the last read began.
    _heard: int = 0
    _resumes: TokenBucket = field(init=False)
    _errors: deque[float] = field(default_factory=deque)
    _ping_at: float = field(init=False)
    _pong_due_at: float | None = None
    _retry_at: float | None = None
    _ends_at: float | None = None

    def __post_init__(self) -> None:
        self._ping_at = self.born_at + self.limits.ping_interval_s
        self._resumes = TokenBucket(protocol.RESUMES_PER_S, protocol.RESUMES_BURST, self.born_at)

    # --- What the database said -------------------------------------------------------------------

    def open(self, cursor: Cursor | None) -> list[Action]:
        """The connection is accepted; ``cursor`` is the one in its URL."""
        self._asked = cursor
        return self._load(cursor)

    def loaded(self, found: Loaded, now: float) -> list[Action]:
        """The read that was asked for has an answer."""
        self._loading = False
        self._retry_at = None
        if self._is_over():
            return []
        actions: list[Action] = []
        if not self.greeted:
            self.greeted = True
            actions.append(Send(self._hello(found)))
            self._begin(found, self._asked)
        elif found.epoch != self.epoch:
            # Revisions mean something else now; whatever was asked for, a snapshot is the answer.
            self._owed = max(self._owed, 1)
            self._begin(found, None)
        self.head = max(found.revision, self._heard)
        if self._asked_anew:
            self._asked_anew = False
            self._void(self._asked)
            return actions + self._load(self._asked)
        return actions + self._deliver(found, now) + self._catch_up()

    def failed(self, now: float) -> list[Action]:
        """The read that was asked for failed; it is tried again."""
        self._loading = False
        self._retry_at = now + _RETRY_S
        if not self.greeted:
            return self.end(CloseCode.OVERLOADED, "The database does not answer.", now, 2000)
        return []

    def behind(self, life: str, revision: int) -> list[Action]:
        """Somebody read in the database that this inbox is at ``revision``."""
        if not self.greeted:
            return []
        if life != self.life:
            return self._load(self._cursor())
        self._hear(revision)
        return self._catch_up()

    def hinted(self, hint: Hint, now: float) -> list[Action]:
        """The channel layer said that the inbox has changed. It may lie, so nothing rests on it."""
        if not self.greeted or self._is_over():
            return []
        if hint.life != self.life:
            return self._load(self._cursor())
        if hint.revision <= self.position:
            return []
        if self._loading or self._owed or hint.frame is None or hint.since > self.position:
            self._hear(hint.revision)
            return self._catch_up()
        if not self._has_room():
            self._hear(hint.revision)
            return []
        return self._send_content(hint.frame(), hint.revision, now)

    # --- What the client said ---------------------------------------------------------------------

    def received(self, frame: ClientFrame, now: float) -> list[Action]:
        """A frame of the client, parsed."""
        if isinstance(frame, Pong):
            return self._ponged(frame)
        if isinstance(frame, Resume):
            return self._resume(frame.cursor, now)
        return [Send(frames.pong(self.position))] if isinstance(frame, Ping) else []

    def misunderstood(self, fault: BadFrame, now: float) -> list[Action]:
        """A frame that could not be parsed; too many of them end the connection."""
        self._errors.append(now)
        while self._errors[0] <= now - protocol.ERRORS_WINDOW_S:
            self._errors.popleft()
        if fault.code == "too_large" or len(self._errors) >= protocol.ERRORS_MAX_COUNT:
            return self.end(CloseCode.PROTOCOL_VIOLATED, str(fault), now)
        return [Send(frames.error(fault))]

    def _ponged(self, pong: Pong) -> list[Action]:
        self._pong_due_at = None
        if pong.epoch == self.epoch:
            self._window.acknowledge(min(pong.revision, self.position))
        return self._catch_up()

    def _resume(self, cursor: Cursor | None, now: float) -> list[Action]:
        if not self._resumes.take(now):
            return self.end(CloseCode.RATE_LIMIT, "Too many resumes.", now)
        self._owed += 1
        self._asked = cursor
        if self._loading:
            # What that read finds was asked for by a cursor that counts no longer.
            self._asked_anew = True
            return []
        self._void(cursor)
        return self._load(cursor)

    # --- What time said ---------------------------------------------------------------------------

    def deadline(self) -> float:
        """When ``tick`` has something to do, at the latest."""
        if self._ends_at is not None:
            return self._ends_at
        due = min(self._ping_at, self.born_at + self.limits.age_s)
        if not self.greeted:
            due = min(due, self.born_at + self.limits.hello_s)
        for moment in (self._pong_due_at, self._retry_at):
            if moment is not None:
                due = min(due, moment)
        # Held up by the server's own buffer alone: no frame will come to say that it is empty.
        if self._wants() and not self._loading and self._window.has_room(0):
            due = min(due, self._retry_at or 0)
        return due

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        if self._ends_at is not None:
            return self._gone(now) if now >= self._ends_at else []
        if verdict := self._verdict(now):
            return self.end(*verdict, now, 0 if self.greeted else 2000)
        actions: list[Action] = []
        if not self.greeted:
            return actions
        if now >= self._ping_at:
            self._ping_at = now + self.limits.ping_interval_s
            actions.append(self._ping(now))
        if self._retry_at is not None and now < self._retry_at:
            return actions
        # A bug in hints and hub is mended within a heartbeat; the ping does not wait for it.
        return actions + self._catch_up()

    def _verdict(self, now: float) -> tuple[CloseCode, str] | None:
        """Why the connection must end now, if it must."""
        if not self.greeted and now >= self.born_at + self.limits.hello_s:
            return CloseCode.OVERLOADED, "Too busy to say hello."
        if self._pong_due_at is not None and now >= self._pong_due_at:
            slow = self._window.outstanding_bytes > 0
            return CloseCode.TOO_SLOW if slow else CloseCode.NO_PONG, "No pong in time."
        if now >= self.born_at + self.limits.age_s:
            return CloseCode.RENEW, "The connection has reached its age."
        return None

    def end(self, code: CloseCode, reason: str, now: float, after_ms: int = 0) -> list[Action]:
        """Say `bye`. With a code that lingers the stream goes on for a while."""
        if self.closed is not None:
            return []
        self.closed = code
        said = Send(frames.bye(code, reason, after_ms))
        if code.lingers:
            self._ends_at = now + after_ms / 1000 + protocol.LINGER_S
            return [said]
        self._ends_at = now + protocol.LINGER_S
        return [said, Close(code, reason)]

    def _gone(self, now: float) -> list[Action]:
        assert self.closed is not None  # noqa: S101 (set together with _ends_at)
        self._ends_at = now + protocol.LINGER_S
        return [Close(self.closed, "")]

    def _is_over(self) -> bool:
        return self.closed is not None and not self.closed.lingers

    # --- Position and window ----------------------------------------------------------------------

    def _hear(self, revision: int) -> None:
        """Take note that the inbox is said to be at ``revision``."""
        self.head = max(self.head, revision)
        # Only what is heard during a read can be newer than what that read finds; a hint that
        # claimed more than the database holds is forgotten with the next read.
        self._heard = max(self._heard, revision)

    def _begin(self, found: Loaded, cursor: Cursor | None) -> None:
        """Revisions are those of the epoch that was found, from here on."""
        self.epoch, self.life, self.head = found.epoch, found.life, found.revision
        self._void(cursor)

    def _void(self, cursor: Cursor | None) -> None:
        """What was sent before counts no longer; the client is at ``cursor``."""
        usable = cursor is not None and cursor.epoch == self.epoch and cursor.since <= self.head
        self.position = cursor.since if cursor is not None and usable else 0
        self._window.reset(self.position)

    def _cursor(self) -> Cursor:
        return Cursor(self.epoch, self.position)

    def _has_room(self) -> bool:
        return self._window.has_room(self.buffered())

    def _wants(self) -> bool:
        return self.greeted and (self._owed > 0 or self.head > self.position)

    def _catch_up(self) -> list[Action]:
        """Read on, where there is something to say and room to say it."""
        if not self._wants() or not self._has_room():
            return []
        # Nothing of what was asked for has been sent yet: ask in the client's own words.
        unanswered = self._owed and not self.position
        return self._load(self._asked if unanswered else self._cursor())

    def _load(self, cursor: Cursor | None) -> list[Action]:
        if self._loading or self._is_over():
            return []
        self._loading = True
        self._heard = 0
        return [Load(cursor)]

    def _deliver(self, found: Loaded, now: float) -> list[Action]:
        actions: list[Action] = []
        if found.listed is not None:
            if not self._has_room():
                return []
            self._owed = max(self._owed, 1)  # a snapshot is always followed by `synced`
            actions = self._send_content(_snapshot(found), found.revision, now)
        elif found.since == self.position:
            actions = self._deliver_changes(found, now)
        if self.position >= found.revision and self._owed:
            actions += [Send(frames.synced(self.position))] * self._owed
            self._owed = 0
        return actions

    def _deliver_changes(self, found: Loaded, now: float) -> list[Action]:
        """Send as much as there is room for."""
        actions: list[Action] = []
        if found.since == found.revision:
            return actions
        parts = split(found.changes, protocol.FRAME_MAX_BYTES // 2)
        for n, part in enumerate(parts):
            if not self._has_room():
                break
            last = n == len(parts) - 1
            upto = found.revision if last else part[-1].revision
            frame = frames.changes(
                self.position,
                upto,
                [entry.encoded for entry in part if entry.encoded is not None],
                [entry.id for entry in part if entry.encoded is None],
                found.counts if last else None,
            )
            if len(frame) > protocol.FRAME_MAX_BYTES:  # one change that does not fit
                return actions + self._load(None)
            actions += self._send_content(frame, upto, now)
        return actions

    def _send_content(self, frame: bytes, revision: int, now: float) -> list[Action]:
        self.position = revision
        self.head = max(self.head, revision)
        self._window.sent(revision, len(frame))
        return [Send(frame)] if self._has_room() else [Send(frame), self._ping(now)]

    def _ping(self, now: float) -> Send:
        if self._pong_due_at is None:
            way_s = self._window.outstanding_bytes / protocol.SLOWEST_BYTES_PER_S
            self._pong_due_at = now + protocol.PONG_TIMEOUT_S + way_s
        return Send(frames.ping(self.position))

    def _hello(self, found: Loaded) -> bytes:
        return frames.hello(
            connection=self.connection,
            user=found.user,
            server_time=self.server_time(),
            epoch=found.epoch,
            revision=found.revision,
            floor=found.floor,
            ping_interval_s=self.limits.ping_interval_s,
        )


def split(entries: tuple[Entry, ...], most_bytes: int) -> list[tuple[Entry, ...]]:
    """Entries in parts of about ``most_bytes``, cut only between two revisions.

    Returns: at least one part, which may be empty; a part of one revision may be larger.
    """
    parts: list[list[Entry]] = [[]]
    size = 0
    for n, entry in enumerate(entries):
        own = len(entry.encoded or b"") + len(entry.id) + 4
        cut = n > 0 and entry.revision != entries[n - 1].revision
        if cut and size + own > most_bytes:
            parts.append([])
            size = 0
        parts[-1].append(entry)
        size += own
    return [tuple(part) for part in parts]


def _snapshot(found: Loaded) -> bytes:
    assert found.listed is not None  # noqa: S101 (the caller looked)
    shown: list[bytes] = []
    room = protocol.FRAME_MAX_BYTES - 512  # for what stands around the notifications
    for encoded in found.listed:
        room -= len(encoded) + 1
        if room < 0:
            break
        shown.append(encoded)
    more = found.more or len(shown) < len(found.listed)
    return frames.snapshot(found.epoch, found.revision, shown, more=more, totals=found.counts)
