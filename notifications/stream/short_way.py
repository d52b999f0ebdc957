"""What nearly every stream does of nearly every hint, without the state machine.

Both ways are for a live stream, of the epoch that is told of: it has said all that it was asked,
and reads nothing. Where a short way does not serve it changes nothing, and the long one decides;
where it serves both lead to the same, which the tests prove of every fact (``tests/support``).
"""

from __future__ import annotations

from notifications.stream.messages import Hint, Limits
from notifications.stream.outgoing import Outgoing
from notifications.stream.reads import Reads


def take(outgoing: Outgoing, reads: Reads, limits: Limits, hint: Hint, now: float) -> bytes | None:
    """The frame of a hint that tells of the next revision, if there is room for it and more."""
    make = hint.frame
    if make is None or not outgoing.position == hint.since < hint.revision:
        return None
    frame = make()
    if not outgoing.take(hint.revision, len(frame), is_answered=limits.is_answered):
        return None
    reads.believe(hint.revision, now, hint.asked_at)
    return frame


def confirm(
    outgoing: Outgoing, reads: Reads, epoch_tag: str, revision: int, asked_at: float
) -> bool:
    """Note that the inbox is where the client is, if that is all that is to be done."""
    if outgoing.position != revision or reads.is_wanted(revision, epoch_tag):
        return False
    reads.confirm(asked_at)
    return True
