"""Runs of the diagnostics page: events at random moments, the same for whoever asks.

A run is a text that says when it began, how long it takes and by which seed, and that is signed for
one user. So every process tells the same events of it, and none has to keep anything.
"""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.signing import BadSignature, Signer

# Between two events, on average: each moment is as likely as any other.
MEAN_S = 2.0
SECONDS_MIN, SECONDS_MAX, SECONDS_DEFAULT = 5, 60, 30
# What both ways of hearing of events are given to open before the first one.
LEAD_MS = 1_500
# After the end of a run: who polls has yet to ask for its last events.
GRACE_MS = 15_000
# Fewer would show nothing, more would be no mean of two seconds any more.
_EVENTS_MIN, _EVENTS_PER_S_MAX = 3, 2
TEXT_MAX_LENGTH = 120
_CLOCKS_DIFFER_MS = 60_000


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at the server. ``at_ms``: since 1970."""

    id: int
    at_ms: int


@dataclass(frozen=True)
class Run:
    """``begins_ms``: when events may happen, since 1970."""

    seed: str
    begins_ms: int
    seconds: int

    @property
    def ends_ms(self) -> int:
        return self.begins_ms + self.seconds * 1000

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """In the order in which they happen; ids are from 1 on."""
        chance = random.Random(self.seed)  # noqa: S311 (nothing hangs on it)
        moments: list[int] = []
        at_s = 0.0
        while len(moments) < self.seconds * _EVENTS_PER_S_MAX:
            at_s += chance.expovariate(1 / MEAN_S)
            if at_s >= self.seconds:
                break
            moments.append(self.begins_ms + round(at_s * 1000))
        return tuple(Event(number, at_ms) for number, at_ms in enumerate(moments, 1))

    def due(self, after: int, now_ms: int) -> list[Event]:
        """What has happened by now, of the events whose id is above ``after``."""
        return [event for event in self.events if event.id > after and event.at_ms <= now_ms]


def begin(user_id: Any, seconds: int, now_ms: int) -> tuple[str, Run]:
    """A run that begins in a moment, and the text by which its user asks for it."""
    while True:
        run = Run(secrets.token_hex(4), now_ms + LEAD_MS, seconds)
        if len(run.events) >= _EVENTS_MIN:
            break
    text = f"{run.seed}.{run.begins_ms}.{run.seconds}"
    return _signer(user_id).sign(text), run


def read(text: str, user_id: Any, now_ms: int) -> Run | None:
    """The run that a text is of; None: there is none, it is somebody else's or over."""
    if len(text) > TEXT_MAX_LENGTH:
        return None
    try:
        seed, begins_ms, seconds = _signer(user_id).unsign(text).split(".")
    except BadSignature:
        return None
    run = Run(seed, int(begins_ms), int(seconds))
    if not run.begins_ms - _CLOCKS_DIFFER_MS <= now_ms <= run.ends_ms + GRACE_MS:
        return None
    return run


def _signer(user_id: Any) -> Signer:
    # The user stands in the salt, so that nobody's id is in the text.
    return Signer(salt=f"notifications.runs:{user_id}")
