"""One connection's position in one inbox. Facts in, actions out; no I/O, no clock, no Django.

A stream holds a position, never a backlog: what does not fit the window is read from the database
once there is room. So a slow client costs a constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Concatenate, ParamSpec

from notifications.stream import packing
from notifications.stream.client_limits import ClientLimits
from notifications.stream.delivery import Delivery
from notifications.stream.ending import Ending
from notifications.stream.heartbeat import Heartbeat
from notifications.stream.messages import Action, Hint, Limits, Load, Loaded, Send
from notifications.stream.outgoing import Outgoing
from notifications.stream.reads import Reads
from notifications.stream.resume import ResumeState
from notifications.wire import frames
from notifications.wire.contract import CloseCode
from notifications.wire.frames import BadFrame, ClientFrame, Cursor, Ping, Pong, Resume

_BUSY_AFTER_MS = 2000

_P = ParamSpec("_P")
_Decides = Callable[Concatenate["InboxStream", _P], list[Action]]


def _fact(decide: _Decides[_P]) -> _Decides[_P]:
    """What a stream decides of a fact; then whether the next change may pass it by."""

    @wraps(decide)
    def told(self: InboxStream, /, *values: _P.args, **named: _P.kwargs) -> list[Action]:
        self.outgoing.begin()
        self._reads.reached(self.outgoing.position)
        actions = decide(self, *values, **named)
        if self._is_live() and not self._wants():
            said_bytes = sum(len(one.frame) for one in actions if isinstance(one, Send))
            self.outgoing.open(self.epoch_tag, said_bytes)
        return actions

    return told


@dataclass(slots=True)
class InboxStream:
    """The state machine of one connection.

    Each method takes a fact, and ``now`` (seconds of a monotonic clock) where it matters, and
    returns what is to be done, in this order. ``buffered``: bytes that the server has not sent.
    """

    connection: str
    born_at: float
    server_time: Callable[[], str]
    limits: Limits = field(default_factory=Limits)
    buffered: Callable[[], int] = int

    epoch: str = ""
    epoch_tag: str = ""
    greeted: bool = False
    outgoing: Outgoing = field(init=False)

    _resume_state: ResumeState = field(default_factory=ResumeState)
    _reads: Reads = field(default_factory=Reads)
    _client_limits: ClientLimits = field(init=False)
    _heartbeat: Heartbeat = field(init=False)
    _delivery: Delivery = field(init=False)
    _ending: Ending = field(init=False)

    def __post_init__(self) -> None:
        self.outgoing = Outgoing(self.buffered, self.limits.is_answered)
        self._heartbeat = Heartbeat.of(self.limits, self.born_at)
        self._delivery = Delivery(self.outgoing, self._resume_state, self._reads, self._heartbeat)
        self._client_limits = ClientLimits(self.limits, self.born_at)
        self._ending = Ending(self.limits, self.born_at)

    @property
    def position(self) -> int:
        """The revision of the last frame sent: what the client has, or will have."""
        return self.outgoing.position

    @property
    def acknowledged(self) -> int:
        """The revision that the client holds, by its own word."""
        return self.outgoing.acknowledged

    @property
    def is_leaving(self) -> bool:
        """Whether it was told to end, or to come back."""
        return self.end_code is not None

    @property
    def end_code(self) -> CloseCode | None:
        return self._ending.code

    # --- What the database said -------------------------------------------------------------------

    @_fact
    def open(self, cursor: Cursor | None) -> list[Action]:
        """The connection is accepted; ``cursor`` is the one in its URL."""
        self._resume_state.ask(cursor)
        return self._load(cursor)

    @_fact
    def loaded(self, loaded: Loaded, now: float) -> list[Action]:
        """The read that was asked for has an answer."""
        self._reads.end(loaded.revision, loaded.epoch_tag)
        self.outgoing.believed_at = None  # nothing is believed while a read is under way
        if self._ending.is_over:
            return []
        actions: list[Action] = []
        if not self.greeted:
            self.greeted = True
            self.epoch, self.epoch_tag = loaded.epoch, loaded.epoch_tag
            opening = (self.connection, self.server_time(), self.limits.ping_interval_s)
            actions.append(Send(self.outgoing.queue(packing.hello(loaded, *opening))))
        elif loaded.epoch != self.epoch:  # revisions mean something else from now on
            self.epoch, self.epoch_tag = loaded.epoch, loaded.epoch_tag
            self._resume_state.renew()
            self.outgoing.place(0)
            if loaded.listed is None and not self._resume_state.is_newer:
                return self._load(None)
        if self._resume_state.is_newer:
            return actions + self._load(self._resume_state.cursor)
        sent, fits = self._delivery.deliver(loaded, now)
        actions += sent if fits else sent + self._load(None)
        return actions + self._end_if_used_up(now) + self._catch_up()

    @_fact
    def failed(self, now: float) -> list[Action]:
        """The read that was asked for failed; it is tried again."""
        self._reads.fail(now)
        if self.greeted:
            return []
        return self._end(CloseCode.OVERLOADED, "The database does not answer.", now, _BUSY_AFTER_MS)

    @_fact
    def behind(self, epoch_tag: str, revision: int, asked_at: float = -math.inf) -> list[Action]:
        """Somebody has read, from ``asked_at`` on, that the inbox is at ``revision``."""
        if epoch_tag == self.epoch_tag:
            was_believed = self.outgoing.confirm(asked_at)
            self._reads.compare(is_lie=was_believed and revision < self.outgoing.position)
        return self._hear(epoch_tag, revision)

    @_fact
    def woken(self) -> list[Action]:
        """Somebody says that something may be new, and not what: it is read."""
        self._reads.wake()
        return self._catch_up()

    @_fact
    def hinted(self, hint: Hint, now: float) -> list[Action]:
        """The channel layer said that the inbox has changed; that is sent on, for speed alone.

        By the next heartbeat the database has confirmed it, or a snapshot takes its place.
        """
        position = self.outgoing.position
        if hint.epoch_tag == self.epoch_tag and hint.revision <= position:
            return []
        may_go = hint.since <= position and self._is_live() and self.outgoing.has_room()
        if hint.frame is None or hint.epoch_tag != self.epoch_tag or not may_go:
            return self._hear(hint.epoch_tag, hint.revision)
        sent = self._delivery.content(hint.frame, hint.revision, now)
        self._reads.reached(hint.revision)
        self.outgoing.believe(now, hint.asked_at)
        return sent + self._end_if_used_up(now)

    # --- What the client said ---------------------------------------------------------------------

    @_fact
    def received(self, frame: ClientFrame, now: float) -> list[Action]:
        """A frame of the client, parsed."""
        if self._ending.is_over:
            return []
        is_asked_for = isinstance(frame, Pong) and self._heartbeat.pong_due_at is not None
        if not is_asked_for and not self._client_limits.take_frame(now):
            return self._end(CloseCode.RATE_LIMIT, "Too many frames.", now)
        if isinstance(frame, Pong):
            return self._ponged(frame)
        if isinstance(frame, Resume):
            return self._resume(frame.cursor, now)
        if isinstance(frame, Ping) and self.greeted:
            return [Send(frames.pong(self.position))]
        return []

    @_fact
    def misunderstood(self, fault: BadFrame, now: float) -> list[Action]:
        """A frame that could not be parsed; too many of them end the connection."""
        if self._ending.is_over:
            return []
        if self._client_limits.count_error(now) or fault.code == "too_large":
            return self._end(CloseCode.PROTOCOL_VIOLATED, str(fault), now)
        return [Send(frames.error(fault))] if self.greeted else []

    def _ponged(self, pong: Pong) -> list[Action]:
        self._heartbeat.ponged()
        if pong.epoch == self.epoch:
            self.outgoing.acknowledge(pong.revision)
        return self._catch_up()

    def _resume(self, cursor: Cursor | None, now: float) -> list[Action]:
        if not self._client_limits.take_resume(now):
            return self._end(CloseCode.RATE_LIMIT, "Too many resumes.", now)
        self._resume_state.ask(cursor)
        since = 0 if cursor is None or cursor.epoch != self.epoch else cursor.since
        self.outgoing.place(since if since <= self._reads.head else 0)
        # Where a read is under way another follows it: the question is newer.
        return self._load(cursor)

    # --- What time said ---------------------------------------------------------------------------

    def deadline(self) -> float:
        """When ``tick`` has something to do, at the latest."""
        due = self._ending.deadline(greeted=self.greeted)
        if self._ending.is_over:
            return due
        due = min(due, self._heartbeat.deadline())
        # Held up by our own buffer alone: no frame of the client will say that it is empty.
        may_read = not self.outgoing.is_full or self._reads.is_elsewhere(self.epoch_tag)
        if self._wants() and not self._reads.is_under_way and may_read:
            due = min(due, self._reads.retry_at)
        return due

    @_fact
    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        if self._ending.is_due(now):
            return self._ending.close(now)
        if self._ending.is_over:
            return []
        missed = self._heartbeat.missed(now, self.outgoing.outstanding_bytes)
        if verdict := self._ending.verdict(now, missed, greeted=self.greeted):
            return self._end(*verdict, now, 0 if self.greeted else _BUSY_AFTER_MS)
        if not self.greeted:
            return []
        actions: list[Action] = []
        if self._heartbeat.take_beat(now):
            actions.append(self._delivery.ping(now))
            if self.outgoing.believed_at is not None:
                self._reads.doubt()
        # A bug in hints and hub is mended within a heartbeat; the ping does not wait for it.
        return actions if now < self._reads.retry_at else actions + self._catch_up()

    # --- What there is to read --------------------------------------------------------------------

    def _hear(self, epoch_tag: str, revision: int) -> list[Action]:
        """Take note of what is said of the inbox, and read it where that is news."""
        self._reads.hear(epoch_tag, revision, self.epoch_tag)
        return self._catch_up()

    def _is_live(self) -> bool:
        is_busy = self._ending.is_over or self._reads.is_under_way
        return self.greeted and self._resume_state.is_settled and not is_busy

    def _wants(self) -> bool:
        """Whether there is something to read."""
        news = self._reads.is_wanted(self.outgoing.position, self.epoch_tag)
        return self.greeted and (news or self._resume_state.is_open)

    def _catch_up(self) -> list[Action]:
        """Read on, where there is something to say and room to say it."""
        may_read = self.outgoing.has_room() or self._reads.is_elsewhere(self.epoch_tag)
        if not (self._wants() and may_read):
            return []
        if self._resume_state.is_open:
            return self._load(self._resume_state.cursor)
        return self._load(Cursor(self.epoch, self.outgoing.position))

    def _load(self, cursor: Cursor | None) -> list[Action]:
        if self._reads.is_under_way or self._ending.is_over:
            return []
        self._reads.begin()
        self._resume_state.read_begins()
        return [Load(cursor)]

    # --- What is said -----------------------------------------------------------------------------

    def _end(
        self, code: CloseCode, reason: str, now: float, after_ms: int = 0, *,
        may_linger: bool = True,
    ) -> list[Action]:  # fmt: skip
        """Tell the client to leave: at once, or where the code lingers once it is ready to."""
        may_linger = may_linger and self.greeted
        on_the_way = self.outgoing.outstanding_bytes
        return self._ending.begin(code, reason, now, after_ms, on_the_way, may_linger=may_linger)

    end = _fact(_end)

    def _end_if_used_up(self, now: float) -> list[Action]:
        """Who cannot pong comes back instead, before more than a window holds is on the way."""
        if self.limits.is_answered or not self.outgoing.is_used_up:
            return []
        return self._end(CloseCode.RENEW, "Go on from here.", now)
