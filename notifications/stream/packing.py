"""Makes frames of what was read: cut to size, or cut down to a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from notifications.stream.messages import Entry, Loaded
from notifications.wire import contract, frames

# What is sent of one read, at most: a frame begins only while the window has room, and has a
# window's worth, but for one revision that has more.
READ_MAX_BYTES = 2 * contract.WINDOW_BYTES
# What stands around the notifications of a snapshot.
_AROUND_BYTES = 512


def hello(loaded: Loaded, connection: str, server_time: str, ping_interval_s: float) -> bytes:
    """The first frame: where the inbox is."""
    return frames.hello(
        connection=connection,
        user=loaded.user,
        server_time=server_time,
        epoch=loaded.epoch,
        revision=loaded.revision,
        ping_interval_s=ping_interval_s,
    )


def first(entries: Iterable[Entry], most_bytes: float) -> tuple[tuple[Entry, ...], bool]:
    """The first of these, whole revisions, until they take ``most_bytes``.

    Returns: whether that left out any, too. Of those one is asked for, to see that it is there.
    """
    taken: list[Entry] = []
    size_bytes = 0
    for entry in entries:
        if size_bytes >= most_bytes and entry.revision > taken[-1].revision:
            return tuple(taken), True
        taken.append(entry)
        size_bytes += entry.size_bytes
    return tuple(taken), False


def split(entries: Sequence[Entry], most_bytes: int) -> list[tuple[Entry, ...]]:
    """Entries in parts of at most ``most_bytes``, cut only between two revisions.

    Returns: at least one part, which may be empty; a part of one revision may be larger.
    """
    parts: list[tuple[Entry, ...]] = [()]
    size = 0
    for _, group in groupby(entries, key=lambda entry: entry.revision):
        change = tuple(group)
        change_bytes = sum(entry.size_bytes for entry in change)
        if parts[-1] and size + change_bytes > most_bytes:
            parts.append(())
            size = 0
        parts[-1] += change
        size += change_bytes
    return parts


def changes(loaded: Loaded, since: int, part: Sequence[Entry], *, last: bool) -> tuple[int, bytes]:
    """One part of what was found: the revision that it leads to, and its frame."""
    revision = loaded.revision if last else part[-1].revision
    return revision, frames.changes(
        since,
        revision,
        [entry.encoded for entry in part if entry.encoded is not None],
        [entry.id for entry in part if entry.encoded is None],
        loaded.counts if last else None,
        preferences=loaded.preferences and last,
    )


def whole(loaded: Loaded) -> list[bytes] | None:
    """All that was found, in as many frames as it takes; None where one change fits no frame."""
    if loaded.listed is not None:
        return [snapshot(loaded)[1]]
    assert loaded.since is not None  # noqa: S101 (what is not listed is since a cursor)
    encoded: list[bytes] = []
    position = loaded.since
    parts = split(loaded.changes, contract.WINDOW_BYTES)
    for part in parts:
        position, frame = changes(loaded, position, part, last=part is parts[-1])
        encoded.append(frame)
    return encoded if max(map(len, encoded)) <= contract.FRAME_MAX_BYTES else None


def snapshot(loaded: Loaded) -> tuple[tuple[int, ...], bytes]:
    """As many of the newest as one frame holds: under which they arrived, and the frame."""
    listed = loaded.listed or ()
    shown: list[bytes] = []
    room = contract.FRAME_MAX_BYTES - _AROUND_BYTES
    for encoded in listed:
        room -= len(encoded) + 1
        if room < 0:
            break
        shown.append(encoded)
    more = loaded.more or len(shown) < len(listed)
    frame = frames.snapshot(loaded.epoch, loaded.revision, shown, more=more, totals=loaded.counts)
    return loaded.arrived[: len(shown)], frame
