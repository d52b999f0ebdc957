"""Says what a read has found, as far as there is room, and that it was all. No I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.stream import packing
from notifications.stream.heartbeat import Heartbeat
from notifications.stream.messages import Action, How, Loaded, Send, Told
from notifications.stream.outgoing import Outgoing
from notifications.stream.reads import Reads
from notifications.stream.resume import ResumeState
from notifications.wire import contract, frames


@dataclass(slots=True)
class Delivery:
    """Makes the frames with content of one connection, and the pings between them."""

    outgoing: Outgoing
    resume_state: ResumeState
    reads: Reads
    heartbeat: Heartbeat

    def deliver(self, loaded: Loaded, now: float) -> tuple[list[Action], bool]:
        """Say what was loaded.

        Returns: what is to be sent, and whether all that was found fits into frames; if it does
            not, the client needs a snapshot instead.
        """
        actions: list[Action] = []
        fits = True
        how = self.reads.heard_by
        if self.resume_state.is_open:
            how = How.CAUGHT_UP
            # Only now is it known whether the client's cursor is one that can be resumed from.
            self.outgoing.place(loaded.since or 0)
        if loaded.listed is not None:
            if not self.outgoing.has_room():
                self.reads.repeat()
                return [], True
            if loaded.revision < self.outgoing.position:
                self.outgoing.place(0)  # what it was sent by hints is not so
            arrived, frame = packing.snapshot(loaded)
            told = Told(0, loaded.revision, How.SNAPSHOT, arrived=arrived)
            actions = self._content(frame, told, now)
        elif loaded.since == self.outgoing.position:
            actions, fits = self._changes(loaded, how, now)
        if self.outgoing.position >= loaded.revision:
            # One for each time it was asked for; a snapshot has one in any case.
            owed = max(self.resume_state.settle(), int(loaded.listed is not None))
            position = self.outgoing.position
            actions += [Send(frames.synced(position), position)] * owed
        return actions, fits

    def _changes(self, loaded: Loaded, how: How, now: float) -> tuple[list[Action], bool]:
        actions: list[Action] = []
        if loaded.since == loaded.revision:
            return actions, True
        parts = packing.split(loaded.changes, contract.WINDOW_BYTES)
        for part in parts:
            if not self.outgoing.has_room():
                break
            is_last = part is parts[-1] and not loaded.more
            position = self.outgoing.position
            revision, frame = packing.changes(loaded, position, part, last=is_last)
            if len(frame) > contract.FRAME_MAX_BYTES:  # one change that does not fit
                return actions, False
            actions += self._content(frame, Told(position, revision, how, is_last), now)
        return actions, True

    def content(self, frame: bytes, revision: int, now: float) -> list[Action]:
        """Send on what a hint said: a frame that brings the client to ``revision``."""
        return self._content(frame, Told(self.outgoing.position, revision, How.HINTED), now)

    def _content(self, frame: bytes, told: Told, now: float) -> list[Action]:
        self.outgoing.sent(told.revision, len(frame))
        self.resume_state.sent(is_last=told.is_last)
        sent: list[Action] = [Send(frame, told.revision, told)]
        if self.heartbeat.is_answered and self.outgoing.is_full:
            sent.append(self.ping(now))
        return sent

    def ping(self, now: float) -> Send:
        self.heartbeat.pinged(now, self.outgoing.outstanding_bytes)
        return Send(self.outgoing.queue(frames.ping(self.outgoing.position)))
