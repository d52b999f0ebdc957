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


def is_short(stream: Stream, hint: Hint, now: float) -> bool:
    """Whether the short way serves; nothing is done."""
    return copy.deepcopy(stream).take(hint, now) is not None


def _state(one: Any) -> Any:
    """All that a stream remembers, for comparing."""
    if is_dataclass(one):
        names = [field.name for field in fields(one) if field.name != _OF_THE_FACT]
        return {name: _state(getattr(one, name)) for name in names}
    if isinstance(one, deque):
        return list(one)
    slots = getattr(type(one), "__slots__", None)
    return {name: _state(getattr(one, name)) for name in slots} if slots else one
