"""What a client was sent, and how much more it may be sent. Plain bookkeeping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from notifications.stream.window import Window
from notifications.wire import contract


@dataclass(slots=True)
class Outgoing:
    """The frames with content of one connection. ``buffered``: bytes that the server holds."""

    buffered: Callable[[], int]
    # The revision of the last frame sent: what the client has, or will have.
    position: int = 0
    window: Window = field(default_factory=Window)
    # What the actions that are being put together will add to the server's buffer.
    _queued_bytes: int = 0
    # Bytes that were sent on this connection.
    _content_bytes: int = 0

    def begin(self) -> None:
        """Actions are put together from here on; those before are with the server."""
        self._queued_bytes = 0

    def place(self, revision: int) -> None:
        """The client is at ``revision``; what was sent before counts no longer."""
        self.position = revision
        self.window.reset(revision)

    def sent(self, revision: int, size_bytes: int) -> None:
        """A frame that brings the client to ``revision`` is among the actions."""
        self.position = revision
        self._queued_bytes += size_bytes
        self._content_bytes += size_bytes
        self.window.sent(revision, size_bytes)

    def acknowledge(self, revision: int) -> None:
        """The client says that it holds ``revision``; more than it was sent counts as that."""
        self.window.acknowledge(min(revision, self.position))

    def has_room(self) -> bool:
        """Whether content may be sent."""
        return self.window.has_room(self.buffered() + self._queued_bytes)

    def take(self, revision: int, size_bytes: int, *, is_answered: bool) -> bool:
        """``sent``, if nothing waits, and there is room for more before anybody must answer.

        Returns: whether it was done.
        """
        window = self.window
        held = window.outstanding_bytes if is_answered else self._content_bytes
        if held + size_bytes >= contract.WINDOW_BYTES or self.buffered():
            return False
        self.position = revision
        self._content_bytes += size_bytes
        window.sent(revision, size_bytes)
        return True

    @property
    def is_used_up(self) -> bool:
        """Whether a window's worth was sent: who cannot pong must come back to be sent more."""
        return self._content_bytes >= contract.WINDOW_BYTES
