"""What was said of an inbox beside the database: it may be true, late or a lie."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class PendingHints:
    """The highest revision of each epoch that was heard of since the last read began.

    Only what is heard during a read can be newer than what the read finds. So a hint that claims
    more than the database holds costs one read, and is forgotten with it.
    """

    _heard: dict[str, int] = field(default_factory=dict)
    # The same up to then, should the read fail.
    _before: dict[str, int] = field(default_factory=dict)

    def hear(self, epoch_tag: str, revision: int) -> None:
        self._heard[epoch_tag] = max(revision, self._heard.get(epoch_tag, 0))

    def read_begins(self) -> None:
        self._before, self._heard = self._heard, {}

    def read_failed(self) -> None:
        """What it would have settled is open still."""
        for epoch_tag, revision in self._before.items():
            self.hear(epoch_tag, revision)

    def of(self, epoch_tag: str) -> int:
        """The highest revision of that epoch."""
        return self._heard.get(epoch_tag, 0)

    def is_of_another_epoch(self, epoch_tag: str) -> bool:
        heard = self._heard
        return len(heard) > 1 or (len(heard) == 1 and epoch_tag not in heard)
