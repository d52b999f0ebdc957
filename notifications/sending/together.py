"""Lets what several threads store at the same time share a transaction (group commit).

Whoever comes while nobody is at work begins at once; who comes meanwhile is taken along by the
next. So nobody waits for others to come, and the more there are, the less each costs.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.db import OperationalError

One = TypeVar("One")
Answer = TypeVar("Answer")

# Whom somebody else's work keeps waiting for so long begins beside it.
_PATIENCE_S = 0.05
_MAX_TOGETHER = 100


class _Waiting(Generic[One, Answer]):
    """One thread's part."""

    def __init__(self, one: One) -> None:
        self.one = one
        # Set once it is this thread's turn to work, and once there is an answer or an error.
        self.called, self.answered = threading.Event(), threading.Event()
        self.answer: Answer | None = None
        self.error: BaseException | None = None


class Together(Generic[One, Answer]):
    """Threads that do the same by one function."""

    def __init__(
        self, act: Callable[[Sequence[One]], Sequence[Answer] | None], size: Callable[[One], int]
    ) -> None:
        """Args: act: the answer of each, or None: of none. size: how much of the room it takes."""
        self._act, self._size = act, size
        self._begin_anew()
        if hasattr(os, "register_at_fork"):
            # The lock may have been held by a thread that there is not in the child.
            os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting[One, Answer]] = deque()
        self._is_busy = False

    def do(self, one: One, room: int) -> Answer | None:
        """``act`` on this one, maybe with others that do not take more room. None: ``act`` said so.

        Raises: what ``act`` does.
        """
        mine: _Waiting[One, Answer] = _Waiting(one)
        with self._lock:
            self._waiting.append(mine)
            begins, self._is_busy = not self._is_busy, True
        try:
            if not begins:
                mine.called.wait(_PATIENCE_S)
            if (some := self._taken_with(mine, room)) is None:
                # Maybe it was called as well, and somebody beside was faster.
                mine.answered.wait()
        except BaseException:
            # Whoever does not wait any longer must not find it done some time later.
            self._leave(mine)
            raise
        if some is not None:
            self._work(some)
        if mine.error is not None:
            raise mine.error
        return mine.answer

    def _taken_with(
        self, mine: _Waiting[One, Answer], room: int
    ) -> list[_Waiting[One, Answer]] | None:
        """This one, and those that have waited longest; None: somebody else has taken it."""
        with self._lock:
            if mine not in self._waiting:
                return None
            self._waiting.remove(mine)
            some = [mine]
            room -= self._size(mine.one)
            while self._waiting and len(some) < _MAX_TOGETHER:
                if (size := self._size(self._waiting[0].one)) > room:
                    break
                room -= size
                some.append(self._waiting.popleft())
            return some

    def _leave(self, mine: _Waiting[One, Answer]) -> None:
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
        if mine.called.is_set():
            self._call_next()

    def _work(self, some: Sequence[_Waiting[One, Answer]]) -> None:
        try:
            answers: Sequence[Any] = self._act([one.one for one in some]) or [None] * len(some)
            for one, answer in zip(some, answers, strict=True):
                one.answer = answer
        except Exception as error:
            for one in some:
                one.error = error
            raise
        except BaseException:
            # Meant for this thread alone; the others do not end, but cannot know.
            for one in some:
                one.error = OperationalError("Who stored it was interrupted: maybe it is sent.")
            raise
        finally:
            self._call_next()
            for one in some:
                one.answered.set()
                one.called.set()

    def _call_next(self) -> None:
        with self._lock:
            self._is_busy = bool(self._waiting)
            if self._waiting:
                self._waiting[0].called.set()
