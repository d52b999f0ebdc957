"""Work that is done beside requests, one thing after the other, with few places for what waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class TooBusy(Exception):
    """There is no place left, or the turn did not come in time. Nothing was done."""


class Line:
    """A thread of its own for one kind of work.

    Args: name: the thread's. places: for what is done and what waits; beyond them it is refused at
        once, so that whoever asks too much costs others a bounded time.
    """

    def __init__(self, name: str, places: int) -> None:
        self._places = threading.BoundedSemaphore(places)
        # What has a place is done before the process ends.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)

    def submit(self, act: Callable[[], Result]) -> Future[Result]:
        """Take a place at the end.

        Raises: TooBusy
        """
        if not self._places.acquire(blocking=False):
            raise TooBusy
        future = self._pool.submit(act)
        future.add_done_callback(lambda _: self._places.release())
        return future

    def settle(self, within_s: float) -> None:
        """Wait for all that has a place now.

        Raises: TimeoutError
        """
        self._pool.submit(lambda: None).result(within_s)

    def result_of(self, act: Callable[[], Result], within_s: float) -> Result:
        """Take a place, and wait for what comes of it.

        Raises: TooBusy: also where the turn does not come within the time.
        """
        future = self.submit(act)
        try:
            return future.result(within_s)
        except TimeoutError:
            if future.cancel():
                raise TooBusy from None
            return future.result()  # it is being done
