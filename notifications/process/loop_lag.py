"""How late this process's event loop is: what everybody who is connected to it waits for."""

from __future__ import annotations

import asyncio
import time

_STEP_S = 0.1
# For how long the worst is remembered, once and then once more: a reader comes every few seconds.
_KEPT_S = 5.0


class LoopLag:
    """Belongs to one event loop; any thread may ask."""

    def __init__(self) -> None:
        self._worst_s = self._before_s = 0.0
        self._since = time.monotonic()

    def worst_s(self) -> float:
        """The seconds by which it was late at worst, within the last five to ten."""
        return max(self._worst_s, self._before_s)

    async def work(self) -> None:
        """Look for ever."""
        while True:
            due = time.monotonic() + _STEP_S
            await asyncio.sleep(_STEP_S)
            self._note(time.monotonic(), due)

    def _note(self, now: float, due: float) -> None:
        if now >= self._since + _KEPT_S:
            self._before_s, self._worst_s, self._since = self._worst_s, 0.0, now
        self._worst_s = max(self._worst_s, now - due)
