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
    frame = stream.take(hint, now)
    if frame is None:
        return stream.hinted(hint, now)
    return [Send(frame, hint.revision, Told(hint.since, hint.revision, How.HINTED))]


def hinted(stream: InboxStream, hint: Hint, now: float) -> list[Action]:
    """What is to be done, by whichever way it was found out."""
    twin = copy.deepcopy(stream)
    by_the_long_way = twin.hinted(hint, now)
    before = _state(stream)
    frame = stream.take(hint, now)
    if frame is None:
        assert _state(stream) == before, "a way that does not serve leaves all as it is"
        return stream.hinted(hint, now)
    told = Told(hint.since, hint.revision, How.HINTED)
    assert by_the_long_way == [Send(frame, hint.revision, told)]
    assert _state(stream) == _state(twin)
    assert stream.deadline() >= twin.deadline()
    return by_the_long_way


def behind(
    stream: InboxStream, epoch_tag: str, revision: int, asked_at: float = float("-inf")
) -> list[Action]:
    """``behind``, told as the hub does: not to a stream that is at that revision."""
    twin = copy.deepcopy(stream)
    actions = twin.behind(epoch_tag, revision, asked_at)
    before = _state(stream)
    if not stream.confirm(epoch_tag, revision, asked_at):
        assert _state(stream) == before, "a way that does not serve leaves all as it is"
        return stream.behind(epoch_tag, revision, asked_at)
    assert actions == []
    assert _state(twin, _HEARD) == _state(stream, _HEARD)
    assert stream.deadline() == twin.deadline()
    return []


def is_short(stream: Stream, hint: Hint, now: float) -> bool:
    """Whether the short way serves; nothing is done."""
    return copy.deepcopy(stream).take(hint, now) is not None


def _state(one: Any, *but: str) -> Any:
    """All that a stream remembers, for comparing."""
    if is_dataclass(one):
        names = [field.name for field in fields(one) if field.name not in {_OF_THE_FACT, *but}]
        return {name: _state(getattr(one, name), *but) for name in names}
    if isinstance(one, deque):
        return list(one)
    slots = getattr(type(one), "__slots__", None)
    return {name: _state(getattr(one, name), *but) for name in slots} if slots else one
