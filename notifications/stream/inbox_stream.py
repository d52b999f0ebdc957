"""One connection's position in one inbox. Facts in, actions out; no I/O, no clock, no Django.

A stream holds a position, never a backlog: what does not fit the window is read from the database
once there is room. So a slow client costs a constant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from notifications.stream import packing
from notifications.stream.client_limits import ClientLimits
from notifications.stream.heartbeat import Heartbeat, way_s
from notifications.stream.messages import Action, Close, Entry, Hint, Limits, Load, Loaded, Send
from notifications.stream.packing import split
from notifications.stream.pending_hints import PendingHints
from notifications.stream.resume import Question
from notifications.stream.window import Window
from notifications.wire import contract, frames
from notifications.wire.contract import CloseCode
from notifications.wire.frames import BadFrame, ClientFrame, Cursor, Ping, Pong, Resume

__all__ = [
    "Action", "Close", "Entry", "Hint", "InboxStream", "Limits", "Load", "Loaded", "Send", "split",
]  # fmt: skip

_RETRY_S = 1.0
_BUSY_AFTER_MS = 2000


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
    epoch_tag: str = ""
    greeted: bool = False
    closed: CloseCode | None = None

    _window: Window = field(default_factory=Window)
    # What the actions being put together will add to the server's buffer.
    _queued_bytes: int = 0
    _loading: bool = False
    # When a hint was believed that no read has confirmed since; None: all was read.
    _hinted_at: float | None = None
    # A read is needed whatever the revisions say: the last one failed, or a hint may have lied.
    _must_read: bool = False
    _pending_hints: PendingHints = field(default_factory=PendingHints)
    _question: Question = field(default_factory=Question)
    _client_limits: ClientLimits = field(init=False)
    _heartbeat: Heartbeat = field(init=False)
    # Bytes of `changes` and `snapshot` that were sent on this connection.
    _content_bytes: int = 0
    _retry_at: float | None = None
    _ends_at: float | None = None
    _is_over: bool = False

    def __post_init__(self) -> None:
        interval_s = self.limits.ping_interval_s
        self._heartbeat = Heartbeat(interval_s, self.born_at + interval_s, self.limits.is_answered)
        self._client_limits = ClientLimits(self.limits, self.born_at)

    @property
    def acknowledged(self) -> int:
        """The revision that the client holds, by its own word, in the epoch of ``epoch_tag``."""
        return self._window.acknowledged

    @property
    def is_leaving(self) -> bool:
        """Whether it was told to end, or to come back."""
        return self.closed is not None

    # --- What the database said -------------------------------------------------------------------

    def open(self, cursor: Cursor | None) -> list[Action]:
        """The connection is accepted; ``cursor`` is the one in its URL."""
        self._question.ask(cursor)
        return self._load(cursor)

    def loaded(self, found: Loaded, now: float) -> list[Action]:
        """The read that was asked for has an answer."""
        self._loading = False
        self._queued_bytes = 0
        self._hinted_at = None  # nothing is believed while a read is under way
        if self._is_over:
            return []
        self.head = max(found.revision, self._pending_hints.of(found.epoch_tag))
        actions: list[Action] = []
        if not self.greeted:
            self.greeted = True
            self.epoch, self.epoch_tag = found.epoch, found.epoch_tag
            actions.append(Send(self._hello(found)))
        elif found.epoch != self.epoch:
            self._renew(found)
            if found.listed is None and not self._question.is_newer:
                return self._load(None)
        if self._question.is_newer:
            return actions + self._load(self._question.cursor)
        actions += self._deliver(found, now)
        return actions + self._end_if_used_up(now) + self._catch_up()

    def failed(self, now: float) -> list[Action]:
        """The read that was asked for failed; it is tried again."""
        self._loading = False
        self._must_read = True
        self._pending_hints.read_failed()
        self._retry_at = now + _RETRY_S
        if not self.greeted:
            return self.end(
                CloseCode.OVERLOADED, "The database does not answer.", now, _BUSY_AFTER_MS
            )
        return []

    def behind(
        self, epoch_tag: str, revision: int, asked_at: float = float("-inf")
    ) -> list[Action]:
        """Somebody read in the database, from ``asked_at`` on, that this inbox is at ``revision``.

        Where that is less than what a hint has said before, the hint was a lie.
        """
        self._queued_bytes = 0
        if (
            epoch_tag == self.epoch_tag
            and self._hinted_at is not None
            and self._hinted_at < asked_at
        ):
            self._must_read = self._must_read or revision < self.position
            self._hinted_at = None
        return self._hear(epoch_tag, revision)

    def hinted(self, hint: Hint, now: float) -> list[Action]:
        """The channel layer said that the inbox has changed.

        What it says is sent on, for speed alone: by the next heartbeat the database has confirmed
        it, or a snapshot takes its place.
        """
        if hint.epoch_tag == self.epoch_tag and hint.revision <= self.position:
            return []
        self._queued_bytes = 0
        is_next = hint.epoch_tag == self.epoch_tag and hint.since <= self.position
        if hint.frame is None or not is_next or not self._is_live() or not self._has_room():
            return self._hear(hint.epoch_tag, hint.revision)
        sent = self._send_content(hint.frame(), hint.revision, now)
        self._hinted_at = now
        return sent + self._end_if_used_up(now)

    # --- What the client said ---------------------------------------------------------------------

    def received(self, frame: ClientFrame, now: float) -> list[Action]:
        """A frame of the client, parsed."""
        self._queued_bytes = 0
        if self._is_over:
            return []
        is_asked_for = isinstance(frame, Pong) and self._heartbeat.pong_due_at is not None
        if not is_asked_for and not self._client_limits.may_speak(now):
            return self.end(CloseCode.RATE_LIMIT, "Too many frames.", now)
        if isinstance(frame, Pong):
            return self._ponged(frame)
        if isinstance(frame, Resume):
            return self._resume(frame.cursor, now)
        if isinstance(frame, Ping) and self.greeted:
            return [Send(frames.pong(self.position))]
        return []

    def misunderstood(self, fault: BadFrame, now: float) -> list[Action]:
        """A frame that could not be parsed; too many of them end the connection."""
        if self._is_over:
            return []
        if self._client_limits.errs(now) or fault.code == "too_large":
            return self.end(CloseCode.PROTOCOL_VIOLATED, str(fault), now)
        return [Send(frames.error(fault))] if self.greeted else []

    def _ponged(self, pong: Pong) -> list[Action]:
        self._heartbeat.ponged()
        if pong.epoch == self.epoch:
            self._window.acknowledge(min(pong.revision, self.position))
        return self._catch_up()

    def _resume(self, cursor: Cursor | None, now: float) -> list[Action]:
        if not self._client_limits.may_resume(now):
            return self.end(CloseCode.RATE_LIMIT, "Too many resumes.", now)
        self._question.ask(cursor)
        known = cursor is not None and cursor.epoch == self.epoch and cursor.since <= self.head
        self._place(cursor.since if cursor is not None and known else 0)
        # Where a read is under way another follows it: the question is newer.
        return self._load(cursor)

    # --- What time said ---------------------------------------------------------------------------

    def deadline(self) -> float:
        """When ``tick`` has something to do, at the latest."""
        due = self._heartbeat.next_at
        if self._ends_at is not None:
            due = min(due, self._ends_at)
        if self._is_over:
            return self._ends_at or due
        if self.closed is None:
            due = min(due, self.born_at + self.limits.age_s)
        if not self.greeted:
            due = min(due, self.born_at + self.limits.hello_s)
        if self._heartbeat.pong_due_at is not None:
            due = min(due, self._heartbeat.pong_due_at)
        # Held up by the server's own buffer alone: no frame of the client will come to say that it
        # is empty.
        may_read = self._window.has_room(0) or self._is_elsewhere()
        if self._wants() and not self._loading and may_read:
            due = min(due, self._retry_at or 0)
        return due

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        self._queued_bytes = 0
        if self._ends_at is not None and now >= self._ends_at:
            return self._gone(now)
        if self._is_over:
            return []
        if verdict := self._verdict(now):
            return self.end(*verdict, now, 0 if self.greeted else _BUSY_AFTER_MS)
        actions: list[Action] = []
        if not self.greeted:
            return actions
        if self._heartbeat.beats(now):
            actions.append(self._ping(now))
            self._must_read = self._must_read or self._hinted_at is not None
        if self._retry_at is not None and now < self._retry_at:
            return actions
        # A bug in hints and hub is mended within a heartbeat; the ping does not wait for it.
        return actions + self._catch_up()

    def end(
        self,
        code: CloseCode,
        reason: str,
        now: float,
        after_ms: int = 0,
        *,
        may_linger: bool = True,
    ) -> list[Action]:
        """Say `bye`. With a code that lingers the stream goes on for a while, where the client
        can tell us that it leaves and there is time for that; else `bye` is the last that it is
        sent.
        """
        if self._is_over or (self.closed is not None and code.lingers):
            return []
        self.closed = code
        self._ends_at = now + contract.LINGER_S
        said = Send(frames.bye(code, reason, after_ms))
        if code.lingers and may_linger and self.limits.is_answered and self.greeted:
            self._ends_at += after_ms / 1000
            return [said]
        if not self.limits.is_answered:
            # What is on its way may take its time, before a second Close drops the connection.
            self._ends_at += way_s(self._window.outstanding_bytes)
        self._is_over = True
        return [said, Close(code, reason)]

    def _verdict(self, now: float) -> tuple[CloseCode, str] | None:
        """Why the connection must end now, if it must."""
        if not self.greeted and now >= self.born_at + self.limits.hello_s:
            return CloseCode.OVERLOADED, "Too busy to say hello."
        if self._heartbeat.is_missed(now):
            slow = self._window.outstanding_bytes > 0
            return CloseCode.TOO_SLOW if slow else CloseCode.NO_PONG, "No pong in time."
        if self.closed is None and now >= self.born_at + self.limits.age_s:
            return CloseCode.RENEW, "It is time to connect anew."
        return None

    def _gone(self, now: float) -> list[Action]:
        assert self.closed is not None  # noqa: S101 (set together with _ends_at)
        self._is_over = True
        self._ends_at = now + contract.LINGER_S
        return [Close(self.closed, "")]

    # --- Position and window ----------------------------------------------------------------------

    def _renew(self, found: Loaded) -> None:
        """Revisions mean something else from now on."""
        self.epoch, self.epoch_tag = found.epoch, found.epoch_tag
        self._question.renew()
        self._place(0)

    def _place(self, revision: int) -> None:
        """The client is at ``revision``; what was sent before counts no longer."""
        self.position = revision
        self._window.reset(revision)

    def _hear(self, epoch_tag: str, revision: int) -> list[Action]:
        """Take note of what is said of the inbox, and read it where that is news."""
        self._pending_hints.hear(epoch_tag, revision)
        if epoch_tag == self.epoch_tag:
            self.head = max(self.head, revision)
        return self._catch_up()

    def _is_live(self) -> bool:
        is_busy = self._is_over or self._loading
        return self.greeted and self._question.is_settled and not is_busy

    def _wants(self) -> bool:
        """Whether there is something to read."""
        if not self.greeted:
            return False
        news = self.head > self.position or self._is_elsewhere()
        return news or self._question.is_open or self._must_read

    def _is_elsewhere(self) -> bool:
        """Whether another epoch was heard of: a snapshot is due, whatever the window says."""
        return self._pending_hints.is_of_another_life(self.epoch_tag)

    def _has_room(self) -> bool:
        return self._window.has_room(self.buffered() + self._queued_bytes)

    def _catch_up(self) -> list[Action]:
        """Read on, where there is something to say and room to say it."""
        if not self._wants() or not (self._has_room() or self._is_elsewhere()):
            return []
        question = self._question
        return self._load(
            question.cursor if question.is_open else Cursor(self.epoch, self.position)
        )

    def _load(self, cursor: Cursor | None) -> list[Action]:
        if self._loading or self._is_over:
            return []
        self._loading = True
        self._must_read = False
        self._retry_at = None
        self._pending_hints.read_begins()
        self._question.read_begins()
        return [Load(cursor)]

    def _deliver(self, found: Loaded, now: float) -> list[Action]:
        """Say what was found, as far as there is room, and that it was all."""
        actions: list[Action] = []
        if self._question.is_open:
            # Only now is it known whether the client's cursor is one that can be resumed from.
            self._place(found.since or 0)
        if found.listed is not None:
            if not self._has_room():
                self._must_read = True
                return []
            if found.revision < self.position:
                self._place(0)  # what it was sent by hints is not so
            actions = self._send_content(packing.snapshot(found), found.revision, now)
        elif found.since == self.position:
            actions = self._deliver_changes(found, now)
        if self.position >= found.revision:
            # One for each time it was asked for; a snapshot has one in any case.
            owed = max(self._question.settle(), int(found.listed is not None))
            actions += [Send(frames.synced(self.position), self.position)] * owed
        return actions

    def _deliver_changes(self, found: Loaded, now: float) -> list[Action]:
        actions: list[Action] = []
        if found.since == found.revision:
            return actions
        parts = split(found.changes, contract.WINDOW_BYTES)
        for part in parts:
            if not self._has_room():
                break
            is_last = part is parts[-1]
            revision, frame = packing.changes(found, self.position, part, last=is_last)
            if len(frame) > contract.FRAME_MAX_BYTES:  # one change that does not fit
                return actions + self._load(None)
            actions += self._send_content(frame, revision, now, is_last=is_last)
        return actions

    def _send_content(
        self, frame: bytes, revision: int, now: float, *, is_last: bool = True
    ) -> list[Action]:
        self.position = revision
        self.head = max(self.head, revision)
        self._question.sent(is_last=is_last)
        self._queued_bytes += len(frame)
        self._content_bytes += len(frame)
        self._window.sent(revision, len(frame))
        sent: list[Action] = [Send(frame, revision)]
        if self.limits.is_answered and not self._window.has_room(0):
            sent.append(self._ping(now))
        return sent

    def _end_if_used_up(self, now: float) -> list[Action]:
        """Who cannot pong comes back instead, before more than a window holds is on the way."""
        if self.limits.is_answered or self._content_bytes < contract.WINDOW_BYTES:
            return []
        return self.end(CloseCode.RENEW, "Go on from here.", now)

    def _ping(self, now: float) -> Send:
        self._heartbeat.pinged(now, self._window.outstanding_bytes)
        return Send(frames.ping(self.position))

    def _hello(self, found: Loaded) -> bytes:
        return frames.hello(
            connection=self.connection,
            user=found.user,
            server_time=self.server_time(),
            epoch=found.epoch,
            revision=found.revision,
            ping_interval_s=self.limits.ping_interval_s,
        )
