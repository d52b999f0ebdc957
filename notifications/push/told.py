"""Up to where this process knows that inboxes have come: by hints that it believed, and by reads.

Whatever the database says of an inbox later must be no less. If it is, an older copy of it has been
put in its place, and no look of the reconciler had seen what was committed last.
"""

from __future__ import annotations

# Where an inbox is known to have stood: the tag of an epoch, and a revision of that.
Head = tuple[str, int]


class ToldHeads:
    """What was learnt since it was taken last."""

    def __init__(self) -> None:
        # Revisions alone, by epoch and by inbox, since one is learnt with each delivery.
        self._revisions: dict[str, dict[int, int]] = {}

    def learn(self, inbox_id: int, epoch_tag: str, revision: int) -> None:
        known = self._revisions.get(epoch_tag)
        if known is None:
            known = self._revisions[epoch_tag] = {}
        if known.get(inbox_id, -1) < revision:
            known[inbox_id] = revision

    def forget(self, inbox_id: int) -> None:
        for known in self._revisions.values():
            known.pop(inbox_id, None)

    def take(self) -> dict[int, Head]:
        """What was learnt; it is not known here any more. From any thread.

        Of an inbox in two epochs it is that of the one that was heard of later.
        """
        learnt, self._revisions = self._revisions, {}
        return {
            inbox_id: (epoch_tag, revision)
            for epoch_tag, known in learnt.items()
            # A copy, which is one step: whoever learns may have begun before it was taken.
            for inbox_id, revision in known.copy().items()
        }
