"""A channel layer that does what a bad one may: loses, doubles, reorders, raises or hangs.

The server takes it through a settings module that names it; LOSSY_LAYER says what it does.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from notifications.push import installation
from notifications.push.memory_layer import MemoryLayer

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
    "lying",
)


class LossyLayer(MemoryLayer):
    """``none``: it does no harm. ``drop``: no message arrives. ``double``: each comes twice.
    ``reorder``: each is held back until the next one has gone. ``raise``, ``hang``: sending does;
    ``..._everywhere``: so do joining, leaving and receiving. ``lying``: beside each message come
    others that nobody sent: of another installation, of the future, for other users, and noise.
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
        if self._mode == "lying":
            for lie in _lies(message):
                await super().group_send(group, lie)
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


def _lies(message: dict[str, Any]) -> list[dict[str, Any]]:
    """What a layer may make up that has seen this message."""
    body = json.loads(message["body"])
    elsewhere = installation.at("0" * 64, "elsewhere")
    noise: list[dict[str, Any]] = [{}, {"type": message["type"]}, {**message, "seal": "0" * 64}]
    if not isinstance(body, dict):
        return [*noise, elsewhere.seal(message["type"], body)]
    future = {**body, "rows": [[pk, revision + 100, 9, 9] for pk, revision, *_ in body["rows"]]}
    # Of the next revision, with content of its own: this would be sent on unread.
    made_up = {**body, "arrived": '"id":"9999999","title":"made up"'}
    others = {**made_up, "rows": [[pk, n, 9, 9] for pk in range(100) for n in (1, 2, 3)]}
    lies = [
        {**message, "body": json.dumps(one, separators=(",", ":"))}
        for one in (future, made_up, others)
    ]
    return [*noise, *lies, elsewhere.seal(message["type"], made_up)]
