"""The sockets' way to the database: a few threads, and questions that are asked together.

Channels would take one thread for all sockets of a process, so that one slow query stops every
heartbeat; and a connection per socket would be far too many.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import close_old_connections

from notifications import metrics

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Result = TypeVar("Result")

# What one batch shall hold when more questions come in a second than these.
_GATHERED, _STORM_PER_S = 200, 200
_GATHER_MOST_S = 0.4

_executor = ThreadPoolExecutor(
    max_workers=settings.NOTIFICATIONS_DATABASE_THREADS, thread_name_prefix="notifications-database"
)


def in_thread(function: Callable[..., Result], *arguments: Any) -> asyncio.Future[Result]:
    """Run a function that uses the database, away from the event loop."""
    loop = asyncio.get_running_loop()
    return loop.run_in_executor(_executor, _then_close, function, arguments)


def _then_close(function: Callable[..., Result], arguments: tuple[Any, ...]) -> Result:
    try:
        return function(*arguments)
    finally:
        close_old_connections()


class Batcher(Generic[Question, Answer]):
    """Answers questions of one kind: those that come while an answer is out go with the next.

    So a lone question waits for nobody, and a thousand at once cost a few queries. Where they pour
    in, as from all clients of a server that has died, it may gather them: a query for each few
    would take the time that handshakes need. It belongs to the event loop that first asks it.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Question]], Sequence[Answer]],
        most: int = 500,
        *,
        gathers: bool = False,
    ) -> None:
        self._answer = answer
        self._most = most
        self._gathers = gathers
        # When the last batch was taken.
        self._taken_at = 0.0
        self._batches = metrics.batches.labels(answer.__name__)
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._worker: asyncio.Task[None] | None = None

    def ask(self, question: Question) -> asyncio.Future[Answer]:
        """The answer, when it comes; or the exception that the whole batch ended with."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, future))
        if self._worker is None:
            # A context of its own: a task would keep that of the request which happens to ask.
            self._worker = loop.create_task(self._work(), context=contextvars.Context())
        return future

    async def _work(self) -> None:
        try:
            # Whoever asks in the same turn of the loop comes along.
            await asyncio.sleep(0)
            while self._waiting:
                if self._gathers:
                    await self._gather()
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._settle(batch)
        finally:
            self._worker = None

    async def _gather(self) -> None:
        """Wait until enough have come, if so many come that this is soon."""
        per_s = len(self._waiting) / max(time.monotonic() - self._taken_at, 1e-3)
        missing = _GATHERED - len(self._waiting)
        if missing > 0 and per_s > _STORM_PER_S:
            await asyncio.sleep(min(_GATHER_MOST_S, missing / per_s))
        self._taken_at = time.monotonic()

    async def _settle(self, batch: list[tuple[Question, asyncio.Future[Answer]]]) -> None:
        metrics.questions.inc(len(batch))
        self._batches.inc()
        try:
            answers = await in_thread(self._answer, [question for question, _ in batch])
            pairs = list(zip(batch, answers, strict=True))
        except Exception as error:  # noqa: BLE001 (whatever it is, those who wait must hear of it)
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in pairs:
            if not future.done():
                future.set_result(answer)
