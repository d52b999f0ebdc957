"""The channel layer of a process that has no Redis."""

from __future__ import annotations

import time
from typing import Any

from channels.layers import InMemoryChannelLayer

_CLEAN_EVERY_S = 1.0


class MemoryLayer(InMemoryChannelLayer):  # type: ignore[misc]
    """Channels' layer, made fit for a hub that is a member of thousands of groups.

    The original walks over all channels and all memberships for each message, and ends a
    membership silently after a day.
    """

    def __init__(self, **config: Any) -> None:
        super().__init__(**{"capacity": 10_000, "group_expiry": 10 * 365 * 86400, **config})
        self._cleaned_at = 0.0

    def _clean_expired(self) -> None:
        now = time.monotonic()
        if now - self._cleaned_at >= _CLEAN_EVERY_S:
            self._cleaned_at = now
            super()._clean_expired()
