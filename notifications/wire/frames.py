"""Frames of the wire: server's encoded, client's parsed. No Django, no Channels."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notifications.wire import contract
from notifications.wire.contract import CloseCode

_compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def encode(frame: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8. What no UTF-8 can hold, should a table be made to hold it, becomes ``?``."""
    return _compact(frame).encode("utf-8", "replace")


# --- Server to client -----------------------------------------------------------------------------


def counts(unread: int, unseen: int) -> bytes:
    return b'{"unread":%d,"unseen":%d}' % (unread, unseen)


def hello(
    *, connection: str, user: str, server_time: str, epoch: str, revision: int,
    ping_interval_s: float,
) -> bytes:  # fmt: skip
    return encode(
        {
            "type": "hello",
            "protocol": contract.VERSION,
            "connection": connection,
            "user": user,
            "server_time": server_time,
            "epoch": epoch,
            "revision": revision,
            "floor": contract.RESERVED["floor"],
            "ping_interval_s": ping_interval_s,
            "max_frame_bytes": contract.CLIENT_FRAME_MAX_BYTES,
        }
    )


def changes(
    since: int,
    revision: int,
    notifications: Iterable[bytes],
    removed: Sequence[str],
    totals: bytes | None,
    *,
    preferences: bool = False,
) -> bytes:
    """What changed after ``since`` up to ``revision``.

    Args: notifications: each encoded already. totals: the counts, or None in all but the last
        part of a split one. preferences: whether these changed too, for the last part to say.
    """
    gone = _ids(removed)
    chosen = b',"preferences":true' if preferences else b""
    tail = b',"partial":true}' if totals is None else b',"counts":%s%s}' % (totals, chosen)
    return b'{"type":"changes","since":%d,"revision":%d,"notifications":[%s],"removed":%s%s' % (
        since, revision, b",".join(notifications), gone, tail,
    )  # fmt: skip


def one_change(arrived: bytes | None, removed: Sequence[str]) -> Callable[[int, int, int], bytes]:
    """What makes the frames of one change that many inboxes have taken, each by its own revision.

    Args: arrived: of the notification that came, encoded, all members but its two revisions.
    Returns: of the revision of an inbox, its unread and its unseen the ``changes`` frame.
    """
    shown, revisions = b"", 0
    if arrived is not None:
        # What people wrote may hold what would be filled in.
        shown = b'{"revision":%d,"arrived_revision":%d,' + arrived.replace(b"%", b"%%") + b"}"
        revisions = 2
    form = b'{"type":"changes","since":%%d,"revision":%%d,"notifications":[%s],"removed":%s%s' % (
        shown, _ids(removed).replace(b"%", b"%%"), b',"counts":{"unread":%d,"unseen":%d}}',
    )  # fmt: skip

    def make(revision: int, unread: int, unseen: int) -> bytes:
        own = (revision,) * revisions
        return form % (revision - 1, revision, *own, unread, unseen)

    return make


def _ids(removed: Sequence[str]) -> bytes:
    return _compact(list(removed)).encode() if removed else b"[]"


def snapshot(
    epoch: str, revision: int, notifications: Iterable[bytes], *, more: bool, totals: bytes
) -> bytes:
    """The state that replaces whatever the client holds."""
    head = b'{"type":"snapshot","epoch":%s,"revision":%d' % (_compact(epoch).encode(), revision)
    return head + b',"notifications":[%s],"more":%s,"counts":%s}' % (
        b",".join(notifications), b"true" if more else b"false", totals,
    )  # fmt: skip


def synced(revision: int) -> bytes:
    return b'{"type":"synced","revision":%d}' % revision


def ping(revision: int) -> bytes:
    return b'{"type":"ping","revision":%d}' % revision


def pong(revision: int) -> bytes:
    return b'{"type":"pong","revision":%d}' % revision


def error(fault: BadFrame) -> bytes:
    return encode(
        {
            "type": "error",
            "code": fault.code,
            "message": str(fault),
            "temporary": contract.RESERVED["temporary"],
        }
    )


def bye(code: CloseCode, reason: str, after_ms: int) -> bytes:
    return encode(
        {
            "type": "bye",
            "code": int(code),
            "reason": reason,
            "reconnect": code.reconnect,
            "after_ms": after_ms,
        }
    )


def kind(frame: bytes) -> bytes:
    """The type of a frame of ours: each begins with it."""
    start = len(b'{"type":"')
    return frame[start : frame.index(b'"', start)]


def poll(*, user: str, epoch: str, revision: int, totals: bytes, content: Iterable[bytes]) -> bytes:
    """The answer to a long poll, around the frames that it tells."""
    return b'{"user":%s,"epoch":%s,"revision":%d,"counts":%s,"floor":%d,"frames":[%s]}' % (
        _compact(user).encode(), _compact(epoch).encode(), revision, totals,
        contract.RESERVED["floor"], b",".join(content),
    )  # fmt: skip


# --- Client to server -----------------------------------------------------------------------------


class BadFrame(Exception):
    """A frame that could not be understood; ``code`` is one of the protocol's words for why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a client is: ``since`` is a revision of ``epoch``."""

    epoch: str
    since: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Bring me up to date; without a cursor: I have nothing."""

    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class Pong:
    """I hold this revision."""

    epoch: str
    revision: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there?"""


ClientFrame = Resume | Pong | Ping | None
"""What a client said; None for a type that we do not know, and ignore."""


# As browsers write the one frame that comes from each of them again and again.
_USUAL_PONG = re.compile(
    r'\{"type":"pong","epoch":"([\w-]{1,64})","revision":(0|[1-9]\d{0,14})\}', re.ASCII
)


def parse(text: str) -> ClientFrame:
    """A client's frame. Its size has been looked at before.

    Raises: BadFrame
    """
    if usual := _USUAL_PONG.fullmatch(text):
        return Pong(usual[1], int(usual[2]))
    frame = _json_object(text)
    kind = frame.get("type")
    if not isinstance(kind, str):
        raise BadFrame("bad_shape", "A frame has a type, which is text.")
    if kind == "pong":
        return Pong(_epoch(frame), _revision(frame, "revision"))
    if kind == "resume":
        if frame.get("since") is None:
            return Resume(None)
        return Resume(Cursor(_epoch(frame), _revision(frame, "since")))
    return Ping() if kind == "ping" else None


def cursor(epoch: str | None, since: str | None) -> Cursor | None:
    """The cursor in a URL; anything that is none counts as none."""
    number = None if since is None else contract.revision(since)
    if not epoch or len(epoch) > contract.ID_MAX_LENGTH or number is None:
        return None
    return Cursor(epoch, number)


def _json_object(text: str) -> dict[str, Any]:
    # Before the parser, which recurses: 5,000 brackets would raise RecursionError.
    if _depth(text) > contract.CLIENT_FRAME_MAX_DEPTH:
        raise BadFrame("too_deep", f"At most {contract.CLIENT_FRAME_MAX_DEPTH} levels deep.")
    try:
        frame = json.loads(
            text,
            object_pairs_hook=_without_doubles,
            parse_constant=_no_constant,
            parse_int=_integer,
        )
    except ValueError:
        raise BadFrame("bad_json", "That is not JSON.") from None
    if not isinstance(frame, dict):
        raise BadFrame("bad_shape", "A frame is a JSON object.")
    return frame


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)


def _depth(text: str) -> int:
    """How deep brackets are nested outside of strings."""
    deepest = depth = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadFrame("bad_shape", "A key stands twice in one object.")
    return members


def _no_constant(name: str) -> None:
    raise BadFrame("bad_json", f"{name} is not JSON.")


def _integer(digits: str) -> int:
    # Longer ones are out of range anyway, and Python refuses to read 5,000 digits.
    if len(digits) > len(str(-contract.INTEGER_MAX)):
        raise BadFrame("bad_value", "An integer is beyond 2^53 - 1.")
    return int(digits)


def _epoch(frame: Mapping[str, Any]) -> str:
    epoch = frame.get("epoch")
    if not isinstance(epoch, str):
        raise BadFrame("bad_shape", "epoch is text.")
    if len(epoch) > contract.ID_MAX_LENGTH:
        raise BadFrame("bad_value", f"epoch has at most {contract.ID_MAX_LENGTH} characters.")
    return epoch


def _revision(frame: Mapping[str, Any], name: str) -> int:
    number = frame.get(name)
    if type(number) is not int:
        raise BadFrame("bad_shape", f"{name} is an integer.")
    if not 0 <= number <= contract.INTEGER_MAX:
        raise BadFrame("bad_value", f"{name} is from 0 to 2^53 - 1.")
    return number
