"""What was heard of an inbox, and so whether it must be read. Plain bookkeeping."""

from __future__ import annotations

from dataclasses import dataclass, field

from notifications.stream.messages import How
from notifications.stream.pending_hints import PendingHints

_RETRY_S = 1.0


@dataclass(slots=True)
class Reads:
    """One connection's reads of the database: at most one is under way."""

    # The highest revision that the database is known to have.
    head: int = 0
    is_under_way: bool = False
    # When a read that failed may be tried again.
    retry_at: float = 0
    # A read is needed whatever the revisions say: the last one failed, or a hint may have lied.
    _is_due: bool = False
    _hints: PendingHints = field(default_factory=PendingHints)
    # Who was the first to tell of the highest revision.
    heard_by: How = How.HINTED
    _teller: How = How.HINTED

    def begin(self) -> None:
        self.is_under_way = True
        self._is_due = False
        self.retry_at = 0
        self._hints.read_begins()

    def end(self, revision: int, epoch_tag: str) -> None:
        """The read has found the inbox at this revision."""
        self.is_under_way = False
        self.head = max(revision, self._hints.of(epoch_tag))

    def fail(self, now: float) -> None:
        self.is_under_way = False
        self._is_due = True
        self._hints.read_failed()
        self.retry_at = now + _RETRY_S

    def hear(self, epoch_tag: str, revision: int, own_epoch_tag: str) -> None:
        """Somebody says that the inbox is at this revision."""
        self._hints.hear(epoch_tag, revision)
        if epoch_tag == own_epoch_tag and revision > self.head:
            self.head, self.heard_by = revision, self._teller
        self._teller = How.HINTED

    def reached(self, revision: int) -> None:
        """By what hints said the client has come to this revision."""
        if revision > self.head:
            self.head, self.heard_by = revision, How.HINTED

    def compare(self, *, is_lie: bool) -> None:
        """Somebody has read where the inbox is. Whoever calls this lets it be heard next.

        Args: is_lie: whether it is less than what was believed.
        """
        self._teller = How.HEALED
        self._is_due = self._is_due or is_lie

    def doubt(self) -> None:
        """What was believed, and nobody has confirmed, is read now."""
        self._is_due = True

    def wake(self) -> None:
        """There may be something new, of which nothing is known."""
        self._is_due, self.heard_by = True, How.HINTED

    def repeat(self) -> None:
        """What was found could not be said: it is read again."""
        self._is_due = True

    def is_elsewhere(self, own_epoch_tag: str) -> bool:
        """Whether another epoch was heard of: a snapshot is due, whatever the window says."""
        return self._hints.is_of_another_epoch(own_epoch_tag)

    def is_wanted(self, position: int, own_epoch_tag: str) -> bool:
        """Whether there is something to read for a client that is at ``position``."""
        return self._is_due or self.head > position or self.is_elsewhere(own_epoch_tag)
