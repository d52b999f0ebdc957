"""Telling a stream a hint as the hub does: the short way where it serves, and else the long one.

Each time both are gone, one of them by a copy of the stream: they must lead to the same.
"""

from __future__ import annotations

import copy
from collections import deque
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from notifications.stream.messages import Action, Hint, How, Send, Stream, Told

if TYPE_CHECKING:
    from notifications.stream.inbox_stream import InboxStream

# What actions that are put together have added: begun anew by each fact.
_OF_THE_FACT = "_queued_bytes"
# What was said of the inbox since the last read: only what is ahead of the client asks for one.
_HEARD = "_heard"


def hinted_quickly(stream: InboxStream, hint: Hint, now: float) -> list[Action]:
    """``hinted``, where it is proven often enough by others."""
    return _sent(hint) if _takes(stream, hint, now) else stream.hinted(hint, now)


def hinted(stream: InboxStream, hint: Hint, now: float) -> list[Action]:
    """What is to be done, by whichever way it was found out."""
    twin = copy.deepcopy(stream)
    by_the_long_way = twin.hinted(hint, now)
    before = _state(stream)
    if not _takes(stream, hint, now):
        assert _state(stream) == before, "a way that does not serve leaves all as it is"
        return stream.hinted(hint, now)
    assert by_the_long_way == _sent(hint)
    assert stream.outgoing.open_to == twin.outgoing.open_to
    assert stream.deadline() >= twin.deadline()
    assert _state(_as_of_the_next_fact(stream)) == _state(_as_of_the_next_fact(twin))
    return by_the_long_way


def _as_of_the_next_fact(stream: InboxStream) -> InboxStream:
    """With what the short way leaves to whichever fact comes next."""
    copied = copy.deepcopy(stream)
    copied.outgoing.begin()
    copied._reads.reached(copied.position)
    return copied


def _takes(stream: Stream, hint: Hint, now: float) -> bool:
    """Whether the short way serves; then it is gone."""
    frame, revision = hint.frame, hint.revision
    if frame is None or hint.since != revision - 1:  # no hint that the hub makes of a change
        return False
    return stream.outgoing.take(hint.epoch_tag, revision, len(frame), now, hint.asked_at)


def _sent(hint: Hint) -> list[Action]:
    assert hint.frame is not None
    return [Send(hint.frame, hint.revision, Told(hint.since, hint.revision, How.HINTED))]


def behind(
    stream: InboxStream, epoch_tag: str, revision: int, asked_at: float = float("-inf")
) -> list[Action]:
    """``behind``, told as the hub does: not to a stream that is at that revision."""
    twin = copy.deepcopy(stream)
    actions = twin.behind(epoch_tag, revision, asked_at)
    before = _state(stream)
    if not stream.outgoing.is_at(epoch_tag, revision, asked_at):
        assert _state(stream) == before, "a way that does not serve leaves all as it is"
        return stream.behind(epoch_tag, revision, asked_at)
    assert actions == []
    settled = [_as_of_the_next_fact(one) for one in (twin, stream)]
    assert _state(settled[0], _HEARD) == _state(settled[1], _HEARD)
    assert stream.deadline() == twin.deadline()
    return []


def is_short(stream: Stream, hint: Hint, now: float) -> bool:
    """Whether the short way serves; nothing is done."""
    return _takes(copy.deepcopy(stream), hint, now)


def _state(one: Any, *but: str) -> Any:
    """All that a stream remembers, for comparing."""
    if is_dataclass(one):
        names = [field.name for field in fields(one) if field.name not in {_OF_THE_FACT, *but}]
        return {name: _state(getattr(one, name), *but) for name in names}
    if isinstance(one, deque):
        return list(one)
    slots = getattr(type(one), "__slots__", None)
    return {name: _state(getattr(one, name), *but) for name in slots} if slots else one
