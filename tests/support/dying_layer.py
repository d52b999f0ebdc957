"""A channel layer whose process dies when it is given a hint: committed, and nobody was told.

The server takes it through a settings module that names it.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from notifications.push.memory_layer import MemoryLayer


class DyingLayer(MemoryLayer):
    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)
