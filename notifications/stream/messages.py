"""What a stream is told, and what it wants done. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from notifications.stream.outgoing import Outgoing
from notifications.wire import frames
from notifications.wire.contract import CloseCode
from notifications.wire.frames import Cursor

# --- Facts ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One notification that changed: its state, encoded, or None where it was removed."""

    revision: int
    id: str
    encoded: bytes | None

    @property
    def size_bytes(self) -> int:
        """What it takes in a frame, about."""
        return len(self.encoded or b"") + len(self.id) + 4


@dataclass(frozen=True, slots=True)
class Loaded:
    """An inbox as one read of the database found it, from a cursor on.

    ``changes``: notifications changed after ``since``, in the order of revisions. ``listed``: the
    newest ones instead, newest first, where the cursor cannot be resumed from. ``more``: there are
    others, changed later than those, or older than these.
    """

    user: str
    epoch: str
    # Names the epoch among processes; the same for all users.
    epoch_tag: str
    revision: int
    unread: int
    unseen: int
    since: int | None = None
    changes: tuple[Entry, ...] = ()
    listed: tuple[bytes, ...] | None = None
    # Under which revisions these have arrived.
    arrived: tuple[int, ...] = ()
    more: bool = False
    # Whether the user's preferences changed after ``since``.
    preferences: bool = False

    @property
    def counts(self) -> bytes:
        return frames.counts(self.unread, self.unseen)


@dataclass(frozen=True, slots=True)
class Hint:
    """What the channel layer said: an inbox went from one revision to another.

    ``frame`` is the `changes` frame that says so, where the hint carries what changed.
    ``asked_at``: it was read from the database, from then on, so that nobody need confirm it; None:
    somebody says so.
    """

    epoch_tag: str
    since: int
    revision: int
    frame: bytes | None = None
    asked_at: float | None = None


# --- Actions --------------------------------------------------------------------------------------


class How(StrEnum):
    """By what a change came into a frame."""

    HINTED = "hinted"
    # No hint has told of it: somebody has looked into the database.
    HEALED = "healed"
    # The client has asked what it missed.
    CAUGHT_UP = "caught_up"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class Told:
    """What a frame tells of: all that changed after ``since``, up to ``revision``.

    In parts that is so only once the last was sent. A snapshot tells of what ``arrived`` under
    these revisions, and of no more.
    """

    since: int
    revision: int
    how: How
    is_last: bool = True
    arrived: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Send:
    """``revision``: what the client holds with this frame, where the frame says so."""

    frame: bytes
    revision: int | None = None
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """Read the inbox from the cursor on (from nothing: a snapshot), and report it loaded.

    ``is_whole``: with all that has changed; else with what is sent of one read, at the least.
    """

    cursor: Cursor | None
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    code: CloseCode
    reason: str


Action = Send | Load | Close


# Of the maximum age each stream is given between so much and so much, so that their clients do not
# all come back at once.
AGE_SHARES = (0.75, 1.25)
# Of the time between heartbeats each stream is given so much to so much until its first: those of
# all who have come in one moment would come in one moment, too, again and again.
FIRST_PING_SHARES = (0.1, 1.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a stream is given, and whether its client can say anything.

    One that cannot sends no pong, so it is sent no more than a window holds: then it comes back
    with its cursor, which says as much.
    """

    ping_interval_s: float = 25
    # Of which the first ping waits for this part.
    first_ping_share: float = 1
    hello_s: float = 3
    age_s: float = 3600
    is_answered: bool = True
    # Frames that a client may send a second, and in one go.
    frames_per_s: float = 20
    frames_burst: float = 40


class Stream(Protocol):
    """What one connection is told, by whoever keeps it; see ``InboxStream`` and ``LongPoll``.

    Each method takes a fact and returns what is to be done. ``outgoing``: what it was sent, which
    may decide for it (``take``).
    """

    epoch_tag: str
    epoch: str
    outgoing: Outgoing

    @property
    def position(self) -> int:
        """The revision up to which it was told, in the epoch of ``epoch_tag``."""

    @property
    def acknowledged(self) -> int: ...

    @property
    def is_leaving(self) -> bool:
        """Whether it was told to end, or to come back."""

    @property
    def end_code(self) -> CloseCode | None:
        """Why it was; None: it was not, or it has had its answer."""

    def open(self, cursor: Cursor | None) -> list[Action]: ...

    def loaded(self, loaded: Loaded, now: float) -> list[Action]: ...

    def failed(self, now: float) -> list[Action]: ...

    def hinted(self, hint: Hint, now: float) -> list[Action]: ...

    def behind(self, epoch_tag: str, revision: int, asked_at: float = ...) -> list[Action]: ...

    def woken(self) -> list[Action]: ...

    def tick(self, now: float) -> list[Action]: ...

    def deadline(self) -> float: ...

    def end(
        self,
        code: CloseCode,
        reason: str,
        now: float,
        after_ms: int = 0,
        *,
        may_linger: bool = True,
    ) -> list[Action]: ...
