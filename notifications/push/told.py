"""Up to where this process knows that inboxes have come: by hints that it believed, and by reads.

Whatever the database says of an inbox later must be no less. If it is, an older copy of it has been
put in its place, and no look of the reconciler had seen what was committed last.
"""

from __future__ import annotations

from typing import NamedTuple


class Head(NamedTuple):
    """Where an inbox is known to have stood, in the epoch of that tag."""

    epoch_tag: str
    revision: int


class ToldHeads:
    """What was learnt since it was taken last."""

    def __init__(self) -> None:
        self._heads: dict[int, Head] = {}

    def learn(self, inbox_id: int, epoch_tag: str, revision: int) -> None:
        known = self._heads.get(inbox_id)
        if known is None or known.epoch_tag != epoch_tag or known.revision < revision:
            self._heads[inbox_id] = Head(epoch_tag, revision)

    def forget(self, inbox_id: int) -> None:
        self._heads.pop(inbox_id, None)

    def take(self) -> dict[int, Head]:
        """What was learnt; it is not known here any more. From any thread."""
        heads, self._heads = self._heads, {}
        return heads
