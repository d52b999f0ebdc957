"""Shows everybody who looks through this process the same frame, once a second."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, Protocol

from notifications.dashboard import access
from notifications.dashboard.board import board
from notifications.process import metrics, outages, supervisor
from notifications.push import runtime
from notifications.push.batching import in_thread
from notifications.wire.contract import CloseCode

logger = logging.getLogger(__name__)

_EVERY_S = 1.0
# Frames between two looks whether who looks still may.
_ACCESS_EVERY = 5
# Who look through one process: each is sent some kilobytes a second.
MOST = 50


class Viewer(Protocol):
    """A connection that is shown the figures."""

    session_key: str

    def show(self, frame: bytes) -> None: ...

    def end(self, code: CloseCode, reason: str) -> None: ...


class Watch:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._viewers: set[Viewer] = set()
        self._worker = supervisor.OnDemand("the live dashboard", self._work)

    def is_full(self) -> bool:
        return len(self._viewers) >= MOST

    def add(self, viewer: Viewer) -> None:
        self._viewers.add(viewer)
        metrics.dashboards_open.set(len(self._viewers))
        self._worker.wake()

    def remove(self, viewer: Viewer) -> None:
        self._viewers.discard(viewer)
        metrics.dashboards_open.set(len(self._viewers))

    async def _work(self) -> None:
        turn = 0
        while self._viewers:
            if runtime.current().is_draining:
                self._end(tuple(self._viewers), CloseCode.RESTART, "This server is about to end.")
                return
            try:
                if turn % _ACCESS_EVERY == 0:
                    await self._end_who_may_not()
                self._show(await in_thread(_frame))
            except Exception as error:  # noqa: BLE001 (a database may raise anything)
                outages.tell(logger, error, "The live dashboard could not be read")
                self._show({"type": "failed"})
            turn += 1
            await asyncio.sleep(_EVERY_S)

    async def _end_who_may_not(self) -> None:
        viewers = tuple(self._viewers)
        still = await in_thread(access.still_watching, [one.session_key for one in viewers])
        gone = [viewer for viewer, may in zip(viewers, still, strict=True) if not may]
        self._end(gone, CloseCode.NOT_ALLOWED, "You may not watch this any more.")

    def _show(self, frame: dict[str, Any]) -> None:
        encoded = json.dumps(frame, separators=(",", ":")).encode()
        for viewer in tuple(self._viewers):
            supervisor.attempt("the live dashboard", viewer.show, encoded)

    def _end(self, viewers: Any, code: CloseCode, reason: str) -> None:
        for viewer in viewers:
            self.remove(viewer)
            supervisor.attempt("the live dashboard", viewer.end, code, reason)


def _frame() -> dict[str, Any]:
    return board.frame()


_current: dict[asyncio.AbstractEventLoop, Watch] = {}


def current() -> Watch:
    """The one of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _current:
        _current.clear()  # a loop that has ended is of no use any more
        _current[loop] = Watch()
    return _current[loop]
