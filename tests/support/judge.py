"""A judge of servers: whatever one sends that the protocol's page does not allow is a violation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.wire import Frame

FRAME_MAX_BYTES = 128 * 1024
SNAPSHOT_SIZE = 50
# With these the stream goes on after the `bye`.
LINGERING = {4200, 4202}
ERROR_CODES = {"bad_json", "bad_shape", "bad_value", "too_deep", "too_large", "binary"}
# What RFC 6455 has the WebSocket layer itself say, before any frame of the protocol.
LAYER_CODES = {1002, 1007, 1009}

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_LEVELS = {"info", "success", "warning", "critical"}


class Judge:
    """Compares what a server sends on one connection with what the protocol's page says."""

    def __init__(self, cursor: int, violations: list[str], epoch: str | None = None) -> None:
        """Args: epoch: of an answer that says so itself, and needs no hello."""
        self._violations = violations
        self._types: list[str] = ["hello"] if epoch else []
        # The revision of the last frame; and of each cursor given that is not answered yet: a
        # server begins there, or at 0 where it is of no use.
        self._position: int | None = None
        self._cursors = [{cursor, 0}]
        self._resume_count = 0
        self._epoch = epoch or ""
        self._gone: set[str] = set()
        self._farewell: Frame | None = None
        self._splits = False

    def resumes(self, since: int | None) -> None:
        self._resume_count += 1
        self._cursors.append({since or 0, 0})

    def judge(self, frame: Frame, size: int) -> None:
        kind = frame["type"]
        if not self._types and kind not in {"hello", "bye"}:
            self._object(f"the first frame is {kind}")
        if self._farewell and self._farewell["code"] not in LINGERING:
            self._object(f"{kind} after bye {self._farewell['code']}")
        self._types.append(kind)
        try:
            getattr(self, f"_{kind}", lambda *_: None)(frame, size)
        except (KeyError, TypeError, AttributeError) as error:
            self._object(f"{frame} has no such shape: {error!r}")

    def ended(self, code: int) -> None:
        """The server closed with ``code``; 1006 where it did not, or it was the client."""
        if self._farewell is None:
            if code not in {1000, 1001, 1005, 1006, *LAYER_CODES}:
                self._object(f"closed with {code}, and no bye before")
        elif self._farewell["code"] not in {code, *LINGERING}:
            self._object(f"bye {self._farewell['code']}, but closed with {code}")

    # --- Frames -----------------------------------------------------------------------------------

    def _hello(self, frame: Frame, _size: int) -> None:
        if self._types != ["hello"]:
            self._object("a second hello")
        shape = {
            "protocol": int, "connection": str, "user": str, "server_time": str, "epoch": str,
            "revision": int, "floor": int, "ping_interval_s": (int, float), "max_frame_bytes": int,
        }  # fmt: skip
        for name, kind in shape.items():
            if not isinstance(frame[name], kind):
                self._object(f"hello: {name} is {frame[name]!r}")
        if frame["protocol"] != 1 or not _TIME.fullmatch(frame["server_time"]):
            self._object(f"hello: {frame}")
        if not 0 <= frame["floor"] <= frame["revision"]:
            self._object(f"hello: floor {frame['floor']}, revision {frame['revision']}")
        self._epoch = frame["epoch"]

    def _snapshot(self, frame: Frame, size: int) -> None:
        self._is_of_size(frame, size)
        if frame["epoch"] != self._epoch:
            self._epoch, self._gone = frame["epoch"], set()
        order = [(one["arrived_revision"], int(one["id"])) for one in frame["notifications"]]
        if order != sorted(order, reverse=True) or len(order) > SNAPSHOT_SIZE:
            self._object(f"snapshot in the order {order}")
        for one in frame["notifications"]:
            self._notification(one, 0, frame["revision"])
            if one["archived_at"] or one["snoozed_until"]:
                self._object(f"snapshot: {one['id']} is not listed")
        if not isinstance(frame["more"], bool) or set(frame["counts"]) != {"unread", "unseen"}:
            self._object(f"snapshot: more {frame['more']}, counts {frame['counts']}")
        self._position = frame["revision"]

    def _changes(self, frame: Frame, size: int) -> None:
        self._is_of_size(frame, size)
        since, revision = frame["since"], frame["revision"]
        if since not in self._may_begin_at():
            self._object(f"changes since {since}, where {self._may_begin_at()} was")
        if since >= revision:
            self._object(f"changes from {since} to {revision}")
        partial = frame.get("partial", False)
        if partial == ("counts" in frame):
            self._object(f"changes: partial is {partial}, counts are {frame.get('counts')}")
        self._position = revision
        self._splits = partial
        self._changed(frame)

    def _changed(self, frame: Frame) -> None:
        changed = frame["notifications"]
        for one in changed:
            self._notification(one, frame["since"], frame["revision"])
        order = [one["revision"] for one in changed]
        if order != sorted(order):
            self._object(f"changes in the order {order}")
        ids = [one["id"] for one in changed] + frame["removed"]
        if len(ids) != len(set(ids)):
            self._object(f"changes name one twice: {ids}")
        if again := self._gone & {one["id"] for one in changed}:
            self._object(f"removed ones came back: {again}")
        self._gone |= set(frame["removed"])

    def _synced(self, frame: Frame, _size: int) -> None:
        if self._splits:
            self._object("synced after a part of changes")
        if frame["revision"] not in self._may_begin_at():
            self._object(f"synced at {frame['revision']}, where {self._may_begin_at()} was")
        # Nobody asks for the snapshot of a new epoch.
        owed = 1 + self._resume_count + self._types.count("snapshot")
        if self._types.count("synced") > owed:
            self._object(f"more than {owed} synced")
        self._position = frame["revision"]
        if self._cursors:
            self._cursors.pop(0)

    def _ping(self, frame: Frame, _size: int) -> None:
        if frame["revision"] not in self._may_begin_at():
            self._object(f"ping at {frame['revision']}, where {self._may_begin_at()} was")

    _pong = _ping

    def _error(self, frame: Frame, _size: int) -> None:
        if frame["code"] not in ERROR_CODES or not isinstance(frame["message"], str):
            self._object(f"{frame}")
        if frame["temporary"] not in {True, False}:
            self._object(f"{frame}")

    def _bye(self, frame: Frame, _size: int) -> None:
        if frame["reconnect"] is not (frame["code"] >= 4100) or frame["after_ms"] < 0:
            self._object(f"{frame}")
        if not isinstance(frame["reason"], str):
            self._object(f"{frame}")
        self._farewell = frame

    def _notification(self, one: Frame, after: int, upto: int) -> None:
        faults = [name for name, is_good in _NOTIFICATION.items() if not is_good(one[name])]
        if faults:
            self._object(f"notification: {[(name, one[name]) for name in faults]}")
        if not after < one["revision"] <= upto or one["arrived_revision"] > one["revision"]:
            self._object(
                f"notification {one['id']} of {one['arrived_revision']}, {one['revision']}, "
                f"in a frame from {after} to {upto}"
            )

    def _is_of_size(self, frame: Frame, size: int) -> None:
        if size > FRAME_MAX_BYTES:
            self._object(f"{frame['type']} of {size} bytes")

    def _may_begin_at(self) -> set[int]:
        cursors = {cursor for given in self._cursors for cursor in given}
        return cursors if self._position is None else cursors | {self._position}

    def _object(self, what: str) -> None:
        self._violations.append(what[:500])


def _is_text(most: int, *, least: int = 0) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and least <= len(value) <= most


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def _or_null(is_good: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or is_good(value)


def _is_revision(value: Any) -> bool:
    return type(value) is int and 1 <= value < 2**53


def _are_actions(value: Any) -> bool:
    return len(value) <= 2 and all(set(action) >= {"label", "url"} for action in value)


_NOTIFICATION: dict[str, Callable[[Any], bool]] = {
    "id": _is_text(64, least=1),
    "revision": _is_revision,
    "arrived_revision": _is_revision,
    "arrived_at": _is_moment,
    "title": _is_text(200, least=1),
    "body": _is_text(500),
    "body_truncated": lambda value: isinstance(value, bool),
    "level": lambda value: value in _LEVELS,
    "category": _is_text(64, least=1),
    "url": _or_null(_is_text(2000, least=1)),
    "actions": _are_actions,
    "sender": _or_null(_is_text(100)),
    "thread": _or_null(_is_text(200)),
    "data": lambda value: isinstance(value, dict),
    "woken": lambda value: isinstance(value, bool),
    "created_at": _is_moment,
    "seen_at": _or_null(_is_moment),
    "read_at": _or_null(_is_moment),
    "archived_at": _or_null(_is_moment),
    "snoozed_until": _or_null(_is_moment),
    "saved_at": _or_null(_is_moment),
    "expires_at": _or_null(_is_moment),
}
