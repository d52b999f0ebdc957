"""One question about one inbox, held until there is something to say. No I/O, no clock, no Django.

A stream that ends with its first answer: told the same facts as ``InboxStream``, asked by a client
whose next question says what it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from notifications.stream import packing
from notifications.stream.messages import (
    Action,
    Close,
    Hint,
    How,
    Limits,
    Load,
    Loaded,
    Send,
    Told,
)
from notifications.stream.outgoing import Outgoing
from notifications.wire import frames
from notifications.wire.contract import CloseCode
from notifications.wire.frames import Cursor

_RETRY_S = 1.0
_BUSY_AFTER_MS = 2000


@dataclass(slots=True)
class LongPoll:
    """Its one ``Send`` is the whole answer; a ``Close`` instead says that there is none."""

    born_at: float
    wait_s: float
    limits: Limits

    epoch_tag: str = ""
    epoch: str = ""
    # Nothing is sent on unread: it never opens.
    outgoing: Outgoing = field(default_factory=lambda: Outgoing(int))

    _cursor: Cursor | None = None
    # What the last read found, which had nothing to say yet.
    _found: Loaded | None = None
    _loading: bool = False
    # Something was heard during the read, and may be newer than what it finds.
    _heard: bool = False
    _retry_at: float | None = None
    _is_over: bool = False
    # Why there is no answer.
    end_code: CloseCode | None = None
    # By what it learned that there is something to say.
    _how: How = How.CAUGHT_UP

    @property
    def position(self) -> int:
        return -1  # it reads whatever it is told of

    @property
    def acknowledged(self) -> int:
        """The revision that the client holds: that of its cursor, once that is known to be good."""
        return 0 if self._found is None else self._found.since or 0

    @property
    def is_leaving(self) -> bool:
        """Whether it was told to end, or has been answered."""
        return self._is_over

    def open(self, cursor: Cursor | None) -> list[Action]:
        """The request has come; ``cursor`` is the one in its URL."""
        self._cursor = cursor
        return self._load(cursor)

    def loaded(self, loaded: Loaded, now: float) -> list[Action]:
        """The read that was asked for has an answer."""
        self._loading = False
        if self._is_over:
            return []
        before = self._found
        self._found, self.epoch_tag, self.epoch = loaded, loaded.epoch_tag, loaded.epoch
        if loaded.listed is None and loaded.since == loaded.revision:
            if now >= self._ends_at():
                return self._answer(loaded, ())
            return self._load(self._cursor) if self._heard else []
        content = packing.whole(loaded)
        if content is None:
            # One change that fits no frame is told as a snapshot. Should the wait end before it is
            # read, the client is where it was, for nothing of this was told.
            self._found = before
            return self._load(None)
        return self._answer(loaded, content)

    def failed(self, now: float) -> list[Action]:
        """The read that was asked for failed; once something was found it is tried again."""
        self._loading = False
        self._retry_at = now + _RETRY_S
        if self._found is None:
            return self.end(
                CloseCode.OVERLOADED, "The database does not answer.", now, _BUSY_AFTER_MS
            )
        return []

    def behind(
        self, epoch_tag: str, revision: int, asked_at: float = float("-inf")
    ) -> list[Action]:
        """Somebody read in the database that this inbox is at ``revision``."""
        if not self._is_news(epoch_tag, revision):
            return []
        if self._how is How.CAUGHT_UP and self._found is not None:
            self._how = How.HEALED
        return self.woken()

    def woken(self) -> list[Action]:
        """Somebody says that something may be new: it is read."""
        if self._how is How.CAUGHT_UP and self._found is not None:
            self._how = How.HINTED
        if self._loading:
            self._heard = True
        return self._load(self._cursor)

    def hinted(self, hint: Hint, now: float) -> list[Action]:
        """The channel layer said that the inbox has changed; what it says is read, not believed."""
        return self.woken() if self._is_news(hint.epoch_tag, hint.revision) else []

    def deadline(self) -> float:
        """When ``tick`` has something to do, at the latest."""
        if self._is_over:
            return float("inf")
        if self._found is None:
            return self.born_at + self.limits.hello_s
        return min(self._ends_at(), self._retry_at or float("inf"))

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        if self._is_over:
            return []
        if self._found is None:
            if now < self.born_at + self.limits.hello_s:
                return []
            return self.end(CloseCode.OVERLOADED, "Too busy to answer.", now, _BUSY_AFTER_MS)
        if now >= self._ends_at():
            return self._answer(self._found, ())
        if self._retry_at is not None and now >= self._retry_at:
            return self._load(self._cursor)
        return []

    def end(
        self,
        code: CloseCode,
        reason: str,
        now: float,
        after_ms: int = 0,
        *,
        may_linger: bool = True,
    ) -> list[Action]:
        """Do not hold it any longer. Who may come back at once is answered as after its wait."""
        if self._is_over:
            return []
        if code.lingers and self._found is not None:
            return self._answer(self._found, ())
        self._is_over, self.end_code = True, code
        return [Close(code, reason)]

    def _is_news(self, epoch_tag: str, revision: int) -> bool:
        if self._found is None or epoch_tag != self.epoch_tag:
            return True
        return revision > self._found.revision

    def _ends_at(self) -> float:
        return self.born_at + self.wait_s

    def _load(self, cursor: Cursor | None) -> list[Action]:
        if self._loading or self._is_over:
            return []
        self._loading = True
        self._heard = False
        self._retry_at = None
        return [Load(cursor, is_whole=True)]

    def _answer(self, loaded: Loaded, content: Sequence[bytes]) -> list[Action]:
        self._is_over = True
        answer = frames.poll(
            user=loaded.user,
            epoch=loaded.epoch,
            revision=loaded.revision,
            totals=loaded.counts,
            content=[*content, frames.synced(loaded.revision)] if content else [],
        )
        return [Send(answer, loaded.revision, self._told(loaded) if content else None)]

    def _told(self, loaded: Loaded) -> Told:
        if loaded.listed is not None:
            arrived, _ = packing.snapshot(loaded)
            return Told(0, loaded.revision, How.SNAPSHOT, arrived=arrived)
        return Told(loaded.since or 0, loaded.revision, self._how)
