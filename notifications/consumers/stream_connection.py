"""Performs what a stream decides: sends, reads, closes. Every transport has this in common."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.utils import timezone

from notifications.consumers.transports import Transport
from notifications.process import log_limits, metrics, outages, supervisor
from notifications.push import catch_up
from notifications.push.batching import Batcher
from notifications.push.catch_up import Ask
from notifications.push.connection import Login
from notifications.push.hub import Hub
from notifications.push.journal import Entry
from notifications.stream import packing
from notifications.stream.messages import Action, Close, Load, Loaded, Send, Stream, Told
from notifications.stream.outgoing import Outgoing
from notifications.wire import contract, frames
from notifications.wire.contract import CloseCode
from notifications.wire.frames import Cursor

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=Stream)
Say = Callable[[bytes, int | None], None]

# Above what the window lets through: two frames of content, and what is said between them.
_BUFFER_MAX_BYTES = 3 * contract.FRAME_MAX_BYTES
_NEVER = float("inf")
# Ends that nobody need look into, and how many others of one cause are logged a minute.
_ROUTINE = {"client", "answered", "renew", "restart"}
_ENDS_PER_MIN = 20
# What a client hears of a bug, and when it may come back.
_FAILED, _FAILED_AFTER_MS = "The server met an error.", 2000

# The first read of each connection may come with all the others'; a later one is waited for.
_first_reads: Batcher[Ask, Loaded | None] = Batcher(catch_up.catch_up, gathers=True)
_reads: Batcher[Ask, Loaded | None] = Batcher(catch_up.catch_up)


@dataclass(slots=True, eq=False)
class StreamConnection(Generic[S]):
    """One stream of one inbox, and where its frames go; the hub's ``Connection``."""

    # As its client knows it by `hello`, the log and the journal.
    id: str
    kind: str
    # Whether a client can be told when to come back.
    says_when: bool
    inbox_id: int
    address: str
    login: Login | None
    stream: S
    transport: Transport
    # Sends a frame, in the form that the transport has for it, with the revision that it leads to.
    say: Say
    # Several, in their order.
    say_together: Callable[[Sequence[Send]], None]
    hub: Hub
    # When it came (monotonic seconds), before it was known who it is.
    came_at: float | None = None

    # When the timer calls, and which receipt was passed on last.
    _scheduled_at: float = _NEVER
    _receipt: tuple[str, int] = ("", 0)
    _is_closed: bool = False
    # Why it ends, where the stream does not know.
    _cause: str = "client"
    _entry: Entry | None = None
    # The key by which clients and the log know the user; empty until the first read.
    _user: str = ""
    _reading: asyncio.Future[Loaded | None] | None = None
    # The stream's, which each delivery asks.
    outgoing: Outgoing = field(init=False)

    def __post_init__(self) -> None:
        self.outgoing = self.stream.outgoing

    def open(self, cursor: Cursor | None) -> None:
        """Begin the stream where the client says that it is."""
        # Before the first read: a change in between comes twice then, and not never.
        self.hub.register(self)
        how = "new" if cursor is None else "resumed"
        metrics.streams_opened.labels(self.kind, how).inc()
        logger.debug("A stream has opened.", extra=self.fields)
        since = None if cursor is None else cursor.since
        whose = (self.id, self.inbox_id, self.kind, self.hub.process)
        self._entry = Entry(*whose, since, outgoing=self.outgoing)
        if self.says_when:  # a poll is worth a row once it is answered with something
            self.hub.journal.changed(self._entry)
        self.hub.perform(self, self.stream.open, cursor)

    def close(self) -> None:
        """The connection has ended, for whatever reason."""
        if not self._is_closed:
            metrics.streams_ended.labels(self._why()).inc()
            self._note_end()
        self._is_closed = True
        self.outgoing.open_to = ""
        if self._reading is not None:
            self._reading.cancel()  # then the database need not be asked
        self.hub.unregister(self)

    def _why(self) -> str:
        """Why it has ended, in a word."""
        if self._cause != "client" or not self.stream.is_leaving:
            return self._cause
        code = self.stream.end_code
        return "answered" if code is None else code.name.lower()

    def fail(self) -> None:
        """End it, whatever state its stream is in: a bug was met. The client comes back."""
        self._cause = "bug"
        try:
            apologise(self.transport, self.say if self.says_when else None)
        finally:
            self.close()

    def abort(self) -> None:
        """Drop the connection, with whatever was not sent yet."""
        self.transport.abort()

    def perform(self, actions: list[Action]) -> None:
        """Do what the stream has decided, in this order; nothing here waits."""
        if self._is_closed:
            return  # a read that was under way: its answer must not bring the timer back to life
        if self.transport.buffered() > _BUFFER_MAX_BYTES:
            # It asks and asks, and never reads what it is answered; a close would queue up too.
            self._cause = CloseCode.TOO_SLOW.name.lower()
            self.transport.abort()
            return
        # All of it at once: nothing is said after a close.
        self._say_all([action for action in actions if isinstance(action, Send)])
        for action in actions:
            if isinstance(action, Load):
                reads = _reads if self.stream.epoch_tag else _first_reads
                most_bytes = math.inf if action.is_whole else packing.READ_MAX_BYTES
                self._reading = reads.ask(Ask(self.inbox_id, action.cursor, most_bytes))
                self._reading.add_done_callback(self._loaded)
            elif isinstance(action, Close):
                self.transport.close(action.code, action.reason)
        self._tell_receipt()
        deadline = self.stream.deadline()
        if deadline == _NEVER:
            return
        if deadline < self._scheduled_at or self._scheduled_at <= time.monotonic():
            self._scheduled_at = deadline
            self.hub.timers.schedule(self, deadline)

    def _say_all(self, sends: Sequence[Send]) -> None:
        if len(sends) == 1:
            self.say(sends[0].frame, sends[0].revision)
        elif sends:
            self.say_together(sends)
        for send in sends:
            if send.told is not None:
                self._note(send.told)

    def _tell_receipt(self) -> None:
        """Pass on what the client says it holds: by a pong, or by the cursor that it came with."""
        epoch_tag, revision = self.stream.epoch_tag, self.stream.acknowledged
        if (epoch_tag, revision) != self._receipt:
            self._receipt = (epoch_tag, revision)
            if revision and self._entry is not None:
                came_at = self._entry.opened_at.timestamp()
                self.hub.receipts.tell(self.inbox_id, epoch_tag, revision, came_at)
                self._note_receipt(epoch_tag, revision)

    # --- What is kept of it: to be told later, and never in the way -------------------------------

    def note(self, revision: int) -> None:
        """A change was taken; those that follow are written down with it (``Entry.outgoing``)."""
        if self._entry is not None:
            is_counted = self._entry.go_on(revision - 1, revision, self.stream.epoch_tag)
            if self.hub.journal.changed(self._entry) and is_counted:
                self.outgoing.noted_to = revision

    def _note(self, told: Told) -> None:
        if self._entry is not None:
            self._entry.tell(told, self.stream.epoch_tag)
            self.hub.journal.changed(self._entry)

    def _note_receipt(self, epoch_tag: str, revision: int) -> None:
        if self._entry is not None and self._entry.spans and epoch_tag == self._entry.epoch_tag:
            self._entry.acknowledged = revision
            self.hub.journal.changed(self._entry)

    def _note_end(self) -> None:
        if self._entry is not None and (self.says_when or self._entry.spans):
            self._entry.ended_at, self._entry.cause = timezone.now(), self._why()
            self.hub.journal.changed(self._entry)
        self._log_end(self._why())

    def _log_end(self, cause: str) -> None:
        extra = {**self.fields, "cause": cause}
        if cause in _ROUTINE:
            logger.debug("A stream has ended.", extra=extra)
            return
        log_limits.once_a_minute(
            logger, logging.INFO, cause, "A stream was ended: %s.", cause.replace("_", " "),
            most=_ENDS_PER_MIN, extra=extra,
        )  # fmt: skip

    @property
    def fields(self) -> dict[str, object]:
        """What an event of the log says beside its message: which connection, whose, where."""
        return {"connection": self.id, "user": self._user, "revision": self.stream.acknowledged}

    def _loaded(self, answer: asyncio.Future[Loaded | None]) -> None:
        now = time.monotonic()
        if answer.cancelled():
            return
        if (error := answer.exception()) is not None:
            outages.tell(logger, error, "An inbox could not be read")
            self.hub.perform(self, self.stream.failed, now)
        elif (loaded := answer.result()) is None:
            ending = (CloseCode.SIGNED_OUT, "The user is gone.", now)
            self.hub.perform(self, self.stream.end, *ending)
        else:
            self._user = loaded.user
            self.hub.told.learn(self.inbox_id, loaded.epoch_tag, loaded.revision)
            self.hub.perform(self, self.stream.loaded, loaded, now)
            if self.came_at is not None:
                metrics.handshake.observe(now - self.came_at)
                self.came_at = None


def apologise(transport: Transport, say: Say | None) -> None:
    """End a connection at which a bug was met, as politely as that goes.

    Args: say: None where the client cannot be told when to come back.
    """
    try:
        if say is not None:
            say(frames.bye(CloseCode.OVERLOADED, _FAILED, _FAILED_AFTER_MS), None)
        transport.close(CloseCode.OVERLOADED, _FAILED)
    except Exception as error:  # noqa: BLE001 (then less politely)
        supervisor.report("ending a connection", error)
        transport.abort()
