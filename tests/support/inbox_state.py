"""An inbox as a client of `notifications.v1` holds it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.wire import Frame


@dataclass
class InboxState:
    """What a client holds (section 3 of the protocol). No I/O, no clock."""

    epoch: str | None = None
    revision: int = 0
    notifications: dict[str, Frame] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: {"unread": 0, "unseen": 0})
    # Whether older ones are listed that are not held.
    more: bool = False
    # After a gap changes are ignored, until what was asked for has come.
    awaits_resume: bool = False

    def apply(self, frame: Frame) -> bool:
        """Take a frame in; whether it shows a gap, so that a `resume` must be sent."""
        kind = frame["type"]
        if kind == "snapshot":
            self._replace(frame)
        elif kind == "changes":
            return self._change(frame)
        elif kind in {"ping", "synced"}:
            if kind == "synced":
                self.awaits_resume = False
            if frame["revision"] > self.revision and not self.awaits_resume:
                self.awaits_resume = True
                return True
        return False

    def copy(self) -> InboxState:
        return copy.deepcopy(self)

    def listed(self) -> list[Frame]:
        """What a list shows, newest first."""
        found = [
            one
            for one in self.notifications.values()
            if one["archived_at"] is None and one["snoozed_until"] is None
        ]
        return sorted(found, key=lambda one: (one["arrived_revision"], int(one["id"])))[::-1]

    def titles(self) -> list[str]:
        return [one["title"] for one in self.listed()]

    def recount(self) -> dict[str, int]:
        """The counts by what is held; those of the server where everything listed is held."""
        unread = [one for one in self.listed() if one["read_at"] is None]
        return {"unread": len(unread), "unseen": sum(one["seen_at"] is None for one in unread)}

    def _replace(self, frame: Frame) -> None:
        self.epoch, self.revision = frame["epoch"], frame["revision"]
        self.notifications = {one["id"]: one for one in frame["notifications"]}
        self.removed = set()
        self.counts, self.more = frame["counts"], frame["more"]
        self.awaits_resume = False

    def _change(self, frame: Frame) -> bool:
        if frame["revision"] <= self.revision:
            return False
        if frame["since"] > self.revision:
            asks = not self.awaits_resume
            self.awaits_resume = True
            return asks
        self.awaits_resume = False
        for one in frame["notifications"]:
            self._hold(one)
        for gone in frame["removed"]:
            self.notifications.pop(gone, None)
            self.removed.add(gone)
        self.revision = frame["revision"]
        self.counts = frame.get("counts", self.counts)
        return False

    def _hold(self, one: Frame) -> None:
        held = self.notifications.get(one["id"])
        if one["id"] in self.removed or (held and held["revision"] > one["revision"]):
            return
        if held is None and self.more and self._is_older_than_all(one):
            return
        self.notifications[one["id"]] = one

    def _is_older_than_all(self, one: Frame) -> bool:
        arrived = [held["arrived_revision"] for held in self.notifications.values()]
        return bool(arrived) and one["arrived_revision"] < min(arrived)
