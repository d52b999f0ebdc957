"""What holds a process that is to end: tasks that swallow their cancellation, threads that wait.

Servers and dispatchers take it through a settings module that names it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from typing import Any

from notifications.push.batching import in_thread

# As one of the app's, so that it is told.
logger = logging.getLogger("notifications.stubborn")

# Who asks for one of these is never answered: the latter stops the whole event loop.
TASKS, LOOP = "/hold/tasks/", "/hold/loop/"
# A handshake that is not answered for as long as the client is there.
HANDSHAKE = "/hold/handshake/"
# What is logged once it is held.
HELD = "It is held."
_kept: list[Any] = []


def holding(application: Any) -> Any:
    async def held(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == TASKS:
            _kept.append(in_thread(wait_for_ever))
            _kept.append(asyncio.ensure_future(swallow_cancellation()))
            await swallow_cancellation()
        elif scope["path"] == LOOP:
            wait_for_ever()
        elif scope["path"] == HANDSHAKE:
            logger.info(HELD)
            while (await receive())["type"] != "websocket.disconnect":
                pass
        else:
            await application(scope, receive, send)

    return held


async def swallow_cancellation() -> None:
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


def wait_for_ever() -> None:
    logger.info(HELD)
    threading.Event().wait()
