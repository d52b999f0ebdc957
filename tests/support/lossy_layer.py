"""A channel layer that does what a bad one may: loses, doubles, reorders, raises or hangs.

The server takes it through a settings module that names it; LOSSY_LAYER says what it does.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from notifications.memory_layer import MemoryLayer

ENVIRONMENT = "LOSSY_LAYER"
MODES = (
    "none",
    "drop",
    "double",
    "reorder",
    "raise",
    "raise_everywhere",
    "hang",
    "hang_everywhere",
)


class LossyLayer(MemoryLayer):
    """``none``: it does no harm. ``drop``: no message arrives. ``double``: each comes twice.
    ``reorder``: each is held back until the next one has gone. ``raise``, ``hang``: sending does;
    ``..._everywhere``: so do joining, leaving and receiving.
    """

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._mode = os.environ[ENVIRONMENT]
        if self._mode not in MODES:
            raise ValueError(f"{ENVIRONMENT}={self._mode!r} is none of {MODES}")
        self._held: list[tuple[str, dict[str, Any]]] = []

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._fail(everywhere=False)
        if self._mode == "drop":
            return
        if self._mode == "reorder" and not self._held:
            self._held.append((group, message))
            return
        for _ in range(2 if self._mode == "double" else 1):
            await super().group_send(group, message)
        while self._held:
            await super().group_send(*self._held.pop())

    async def group_add(self, group: str, channel: str) -> None:
        await self._fail(everywhere=True)
        await super().group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        await self._fail(everywhere=True)
        await super().group_discard(group, channel)

    async def receive(self, channel: str) -> Any:
        await self._fail(everywhere=True)
        return await super().receive(channel)

    async def _fail(self, *, everywhere: bool) -> None:
        kind, _, where = self._mode.partition("_")
        if everywhere and not where:
            return
        if kind == "raise":
            raise ConnectionError("the layer is broken")
        if kind == "hang":
            await asyncio.Event().wait()
