"""What one task of a socket waits for.

asyncio's queue and event are for many, and hold five lists of who waits, of 600 bytes each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Inlet(Generic[T]):
    """A queue that one task takes from, by those of ``asyncio.Queue``'s names that uvicorn has."""

    __slots__ = ("_heard", "_items", "_taker")

    def __init__(self) -> None:
        # None while nothing waits, as nearly always.
        self._items: list[T] | None = None
        self._taker: asyncio.Future[None] | None = None
        # What is handed each item instead, as it comes.
        self._heard: Callable[[T], None] | None = None

    @property
    def is_heard(self) -> bool:
        """Whether nothing ever waits here, nor for it."""
        return self._heard is not None

    def listen(self, heard: Callable[[T], None]) -> None:
        """Hand each item to ``heard`` from now on; what waits already goes first."""
        items, self._items = self._items, None
        self._heard = heard
        for item in items or ():
            heard(item)

    def put_nowait(self, item: T) -> None:
        if self._heard is not None:
            self._heard(item)
        elif self._items is None:
            self._items = [item]
        else:
            self._items.append(item)
        _tell(self._taker)

    def qsize(self) -> int:
        return len(self._items or ())

    def empty(self) -> bool:
        return self._items is None

    async def get(self) -> T:
        while self._items is None:
            self._taker = asyncio.get_running_loop().create_future()
            try:
                await self._taker
            finally:
                self._taker = None
        item = self._items.pop(0)
        if not self._items:
            self._items = None
        return item


class Gate:
    """An event that few wait for, and that is nearly always set, by ``asyncio.Event``'s names."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        # None: it is set.
        self._waiting: list[asyncio.Future[None]] | None = None

    def set(self) -> None:
        waiting, self._waiting = self._waiting, None
        for one in waiting or ():
            _tell(one)

    def clear(self) -> None:
        if self._waiting is None:
            self._waiting = []

    def is_set(self) -> bool:
        return self._waiting is None

    async def wait(self) -> None:
        while self._waiting is not None:
            one = asyncio.get_running_loop().create_future()
            self._waiting.append(one)
            await one


def _tell(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
