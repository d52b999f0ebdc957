"""Up to where this process knows that inboxes have come: by hints that it believed, and by reads.

Whatever the database says of an inbox later must be no less. If it is, an older copy of it has been
put in its place, and no look of the reconciler had seen what was committed last.
"""

from __future__ import annotations

# Where an inbox is known to have stood: the tag of an epoch, and a revision of that. A plain tuple,
# since one is made for each inbox that a broadcast reaches.
Head = tuple[str, int]


class ToldHeads:
    """What was learnt since it was taken last."""

    def __init__(self) -> None:
        self._heads: dict[int, Head] = {}

    def learn(self, inbox_id: int, epoch_tag: str, revision: int) -> None:
        known = self._heads.get(inbox_id)
        if known is None or known[1] < revision or known[0] != epoch_tag:
            self._heads[inbox_id] = (epoch_tag, revision)

    def forget(self, inbox_id: int) -> None:
        self._heads.pop(inbox_id, None)

    def take(self) -> dict[int, Head]:
        """What was learnt; it is not known here any more. From any thread."""
        heads, self._heads = self._heads, {}
        return heads
