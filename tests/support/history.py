"""What senders and clients went through, told by themselves: the material of the checker.

Nothing here knows the server. A sender says what it is about to send before it does, and what came
of it afterwards; one that died in between leaves a send of which nobody knows.
"""

from __future__ import annotations

import enum
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.inbox_state import InboxState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.support.wire import Frame


class Outcome(enum.StrEnum):
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass
class Send:
    """One send; its title is unlike all others'."""

    title: str
    recipients: frozenset[int]
    outcome: Outcome = Outcome.UNKNOWN
    notification_id: int | None = None
    # Seconds that the sender waited, by its own monotonic clock, each time it tried.
    took_s: list[float] = field(default_factory=list)
    # When it was told last, in seconds of the machine's monotonic clock.
    told_at: float = 0.0


class SendLog:
    """A sender's own record, a line of JSON for each thing said."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def begins(self, title: str, recipients: Iterable[int]) -> None:
        self._write(title=title, recipients=list(recipients))

    def ended(self, title: str, outcome: Outcome, **more: Any) -> None:
        """Args: more: fields of ``Send``, but for ``took_s``, which is this try's."""
        self._write(title=title, outcome=outcome, **more)

    def sends(self) -> list[Send]:
        """All sends so far; the last word about each counts."""
        found: dict[str, Send] = {}
        text = self.path.read_text("utf-8") if self.path.exists() else ""
        # Whoever was killed may have left half a line.
        for line in [line for line in text.splitlines(keepends=True) if line.endswith("\n")]:
            said = json.loads(line)
            title = said["title"]
            if "recipients" in said:
                found.setdefault(title, Send(title, frozenset(said["recipients"])))
            else:
                _learn(found[title], said)
        return list(found.values())

    def count(self) -> int:
        return len(self.sends())

    def _write(self, **said: Any) -> None:
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            # In one write, so that a kill cannot split it.
            file.write(json.dumps(said) + "\n")


def _learn(send: Send, said: dict[str, Any]) -> None:
    # A try that failed after one of which nobody knows does not tell what came of that.
    if send.took_s and said["outcome"] == Outcome.FAILED:
        said["outcome"] = send.outcome
    send.outcome = Outcome(said["outcome"])
    send.notification_id = said.get("notification_id")
    send.told_at = said.get("told_at", 0.0)
    send.took_s.append(said.get("took_s", 0.0))


@dataclass
class Story:
    """What one client was told, connection by connection."""

    name: str
    user: int
    connections: list[list[Frame]] = field(default_factory=list)


class Retelling:
    """Holds an inbox by a story, as a client does, and notes what such a client would say."""

    def __init__(self, story: Story) -> None:
        self.state = InboxState()
        self.faults: list[str] = []
        # How often each notification was announced, and all that were named.
        self.announced: dict[str, int] = {}
        self.ids: set[str] = set()
        self._story = story
        self._is_page_complete = False
        # The revision held before the first part of a change that was split.
        self._base: int | None = None
        for frames in story.connections:
            self._base = None
            for frame in frames:
                self._hear(frame)

    def _hear(self, frame: Frame) -> None:
        kind, before = frame["type"], self.state.revision
        named = [one["id"] for one in frame.get("notifications", ())]
        named += frame.get("removed", ())
        self.ids.update(named)
        if len(named) != len(set(named)):
            self._object(f"{kind} {frame['revision']} names one twice")
        if kind == "hello" and self.state.epoch is None:
            self.state.epoch = frame["epoch"]
        if kind == "snapshot" and self._goes_back(frame):
            self._object(f"went back from {before} to {frame['revision']} in one epoch")
        self.state.apply(frame)
        if kind == "changes" and self.state.revision > before:
            self._announce(frame, before)
        if kind == "synced":
            self._is_page_complete = True

    def _goes_back(self, frame: Frame) -> bool:
        return frame["epoch"] == self.state.epoch and frame["revision"] < self.state.revision

    def _announce(self, frame: Frame, before: int) -> None:
        base = before if self._base is None else self._base
        self._base = base if frame.get("partial") else None
        if not self._is_page_complete:
            return
        for one in frame["notifications"]:
            if one["arrived_revision"] > base and not (one["seen_at"] or one["archived_at"]):
                self.announced[one["id"]] = self.announced.get(one["id"], 0) + 1

    def _object(self, what: str) -> None:
        self.faults.append(f"{self._story.name}: {what}")
