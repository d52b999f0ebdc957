"""What the clients of all transports have in common: they hold an inbox."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.support.connection import PATIENCE_S, Waiting
from tests.support.inbox_state import InboxState
from tests.support.judge import Judge

if TYPE_CHECKING:
    from typing import Self

    from tests.support.connection import LoopThread
    from tests.support.wire import Frame


class Holder(Waiting):
    """Holds an inbox by the frames that come, over whatever transport, and judges them."""

    def __init__(self, clients: LoopThread, state: InboxState | None, *, judges: bool) -> None:
        """Args: state: what it holds already. judges: else what comes is not looked at."""
        super().__init__(clients)
        self.state = state.copy() if state else InboxState()
        self.frames: list[Frame] = []
        # When each came, by the monotonic clock.
        self.came_at: list[float] = []
        self.violations: list[str] = []
        # The state after each frame that changed it, by revision, of the present epoch.
        self.history: dict[int, InboxState] = {}
        self.keeps_history = False
        # How often it was told that it is up to date.
        self.synced_times = 0
        self._judges = judges
        self._judge = Judge(self.state.revision, self.violations)

    def of_type(self, kind: str) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == kind]

    @property
    def hello(self) -> Frame:
        frame: Frame = self.until(lambda: self.of_type("hello"), "hello comes")[0]
        return frame

    @property
    def bye(self) -> Frame:
        frame: Frame = self.until(lambda: self.of_type("bye"), "bye comes")[0]
        return frame

    def until_synced(self, times: int = 1) -> Self:
        self.until(lambda: self.synced_times >= times, f"it is synced, {times} times")
        return self

    def until_revision(self, revision: int, within_s: float = PATIENCE_S) -> Self:
        """Wait until it holds at least this revision."""
        self.until(lambda: self.state.revision >= revision, f"revision {revision}", within_s)
        return self

    def _take(self, frame: Frame, size_bytes: int) -> bool:
        """Judge a frame and apply it; whether it shows a gap."""
        self.frames.append(frame)
        self.came_at.append(time.monotonic())
        if self._judges:
            self._judge.judge(frame, size_bytes)
        if frame["type"] == "hello" and self.state.epoch is None:
            self.state.epoch = frame["epoch"]
        before = self.state.revision
        has_gap = self.state.apply(frame)
        self.synced_times += frame["type"] == "synced"
        if frame["type"] in {"changes", "snapshot"}:
            self._look_at_counts(frame)
            if self.keeps_history and self.state.revision != before:
                self.history[self.state.revision] = self.state.copy()
        return has_gap

    def _look_at_counts(self, frame: Frame) -> None:
        whole = not (self.state.more or self.state.awaits_resume or frame.get("partial"))
        if whole and self.state.counts != self.state.recount():
            self.violations.append(
                f"counts {self.state.counts} at {self.state.revision}, held: {self.state.recount()}"
            )
