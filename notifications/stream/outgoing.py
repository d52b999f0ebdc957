"""What a client was sent, and how much more it may be sent. Plain bookkeeping, without a clock.

Whatever the next hint needs to know of a stream is here, in one object: the send of a broadcast
leaves the processor's caches with nothing of the last, so each further object costs each delivery.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from notifications.wire import contract

_WINDOW_BYTES = contract.WINDOW_BYTES


@dataclass(slots=True)
class Outgoing:
    """The frames with content of one connection.

    ``buffered``: bytes that the server holds. ``is_answered``: whether the client can acknowledge
    what it holds; one that cannot is sent no more than a window, and comes back.
    """

    buffered: Callable[[], int]
    is_answered: bool = True
    # The revision of the last frame sent: what the client has, or will have.
    position: int = 0
    # The revision that it holds, by its own word.
    acknowledged: int = 0
    # The bytes of content that it was sent, and has not acknowledged.
    outstanding_bytes: int = 0
    # The tag of the epoch of which the next change may be sent on at once; empty where the stream
    # itself decides: it reads, or owes something, or is at its end.
    open_to: str = ""
    # When a change was sent on that no read has confirmed since; None: all was read.
    believed_at: float | None = None
    # Up to where such changes have brought the client since somebody last wrote down what it was
    # sent; None: the next one is to be written down.
    noted_to: int | None = None
    # The revisions and sizes of frames that are on their way, one after the other. None while there
    # are none, which is nearly always: an empty list takes 56 bytes of each connection.
    _sent: list[int] | None = None
    # What may still be taken, and what might have been when it began.
    _room_bytes: int = 0
    _opened_bytes: int = 0
    # What the actions that are being put together will add to the server's buffer.
    _queued_bytes: int = 0
    # Bytes that were sent on this connection.
    _content_bytes: int = 0

    # --- The short way ----------------------------------------------------------------------------

    def take(
        self, epoch_tag: str, revision: int, size_bytes: int, now: float, asked_at: float | None
    ) -> bool:
        """Note that the inbox's next change is sent on at once, in a frame of so many bytes.

        What nearly every stream does of nearly every hint. The state machine would do the same,
        which the tests prove of every fact (``tests/support/short_way.py``).

        Args: asked_at: from when on it was read from the database; None: nobody has.
        Returns: whether it was done; if not, all is as it was, and the stream decides.
        """
        if self.open_to != epoch_tag or self.position != revision - 1:
            return False
        if size_bytes >= self._room_bytes:
            return False
        self.position = revision
        self._room_bytes -= size_bytes
        if self._sent is None:
            self._sent = [revision, size_bytes]
        else:
            self._sent += (revision, size_bytes)
        self.believe(now, asked_at)
        return True

    def is_at(self, epoch_tag: str, revision: int, asked_at: float) -> bool:
        """Whether the client is where somebody has read, from ``asked_at`` on, that its inbox is,
        and there is nothing else to be done. Then that is noted.
        """
        if self.open_to != epoch_tag or self.position != revision:
            return False
        self.confirm(asked_at)
        return True

    def open(self, epoch_tag: str, said_bytes: int) -> None:
        """Until the next fact changes of this epoch may be taken, while there is room for more
        before anybody must answer.

        What is taken is all that the server's buffer is given meanwhile, beside what was just said:
        so it need not be asked each time.
        """
        held = self.outstanding_bytes if self.is_answered else self._content_bytes
        held = max(held, self.buffered() + said_bytes)
        self._opened_bytes = self._room_bytes = _WINDOW_BYTES - held
        self.open_to = epoch_tag

    # --- What was sent ----------------------------------------------------------------------------

    def begin(self) -> None:
        """Actions are put together from here on; those before, and what was taken, are with the
        server.
        """
        taken_bytes = self._opened_bytes - self._room_bytes
        self.outstanding_bytes += taken_bytes
        self._content_bytes += taken_bytes
        self._opened_bytes = self._room_bytes = 0
        self.open_to = ""
        self._queued_bytes = 0

    def queue(self, frame: bytes) -> bytes:
        """A frame without content is among the actions: content after it finds less room."""
        self._queued_bytes += len(frame)
        return frame

    def place(self, revision: int) -> None:
        """The client is at ``revision``; what was sent before counts no longer."""
        self.position = self.acknowledged = revision
        self.outstanding_bytes = 0
        self._sent = None

    def sent(self, revision: int, size_bytes: int) -> None:
        """A frame that brings the client to ``revision`` is among the actions."""
        self.position = revision
        self._queued_bytes += size_bytes
        self._content_bytes += size_bytes
        if revision <= self.acknowledged:
            return  # no acknowledgement will come for it
        if self._sent is None:
            self._sent = []
        self._sent += (revision, size_bytes)
        self.outstanding_bytes += size_bytes

    def acknowledge(self, revision: int) -> None:
        """The client says that it holds ``revision``; more than it was sent counts as that, and an
        older one than before says nothing.
        """
        revision = min(revision, self.position)
        self.acknowledged = max(self.acknowledged, revision)
        sent = self._sent
        if sent is None or sent[0] > revision:
            return
        if sent[-2] <= revision:
            self._sent, self.outstanding_bytes = None, 0
            return
        del sent[: 2 * bisect_right(sent[::2], revision)]
        self.outstanding_bytes = sum(sent[1::2])

    # --- What may be sent -------------------------------------------------------------------------

    @property
    def is_full(self) -> bool:
        """Whether so much is on its way that nothing more goes before the client answers."""
        return self.outstanding_bytes >= _WINDOW_BYTES

    def has_room(self) -> bool:
        """Whether content may be sent."""
        return not self.is_full and self.buffered() + self._queued_bytes < _WINDOW_BYTES

    @property
    def is_used_up(self) -> bool:
        """Whether a window's worth was sent: who cannot pong must come back to be sent more."""
        return self._content_bytes >= _WINDOW_BYTES

    # --- What was believed ------------------------------------------------------------------------

    def believe(self, now: float, asked_at: float | None) -> None:
        """What a hint said was sent on. Args: as of ``take``."""
        if asked_at is None:
            self.believed_at = now
        else:
            self.confirm(asked_at)

    def confirm(self, asked_at: float) -> bool:
        """Somebody has read from ``asked_at`` on: what was believed before is so no longer.

        Returns: whether anything was.
        """
        if self.believed_at is None or self.believed_at >= asked_at:
            return False
        self.believed_at = None
        return True
