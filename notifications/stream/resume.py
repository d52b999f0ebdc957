"""What a client asked for, and how much of the answer it was sent. Plain bookkeeping."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.wire.frames import Cursor


@dataclass(slots=True)
class ResumeState:
    """What has changed since my cursor? Asked by the URL, and again by each `resume`."""

    # The one that was given last; None: the client has nothing.
    cursor: Cursor | None = None
    # None of the answer was sent: what is read next is read from the client's cursor.
    is_open: bool = False
    # It was asked since the last read began: what that finds answers the question before.
    is_newer: bool = False
    # Some parts of a split `changes` were sent, but not the last.
    _is_split: bool = False
    # How many `synced` the client waits for: one for each time that it asked.
    _owed: int = 0

    @property
    def is_settled(self) -> bool:
        """Whether all of the answer was sent: only then may something live come."""
        return not (self.is_open or self._is_split)

    def ask(self, cursor: Cursor | None) -> None:
        self.cursor = cursor
        self.is_open = self.is_newer = True
        self._is_split = False
        self._owed += 1

    def read_begins(self) -> None:
        self.is_newer = False

    def renew(self) -> None:
        """Cursors of before count no longer: a snapshot answers, whatever was asked."""
        self.is_open = True
        self._is_split = False
        if not self.is_newer:
            self.cursor = None

    def sent(self, *, is_last: bool) -> None:
        """A part of what there is to say was sent, or the last of it."""
        self.is_open = False
        self._is_split = not is_last

    def settle(self) -> int:
        """All was sent: how many `synced` say so."""
        self.is_open = False
        owed, self._owed = self._owed, 0
        return owed
