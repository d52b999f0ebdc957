"""The sockets' way to the database: a few threads, and questions that are asked together.

Channels would take one thread for all sockets of a process, so that one slow query stops every
heartbeat; and a connection per socket would be far too many.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from django.db import DataError, close_old_connections

from notifications.conf import conf
from notifications.process import metrics, supervisor

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Result = TypeVar("Result")

# What one question of many may be the reason of. An outage is none of these: asked again in parts,
# a database that is in trouble would get many times the load.
_OF_ONE = (DataError, ArithmeticError, LookupError, TypeError, ValueError)

# What one batch shall hold when more questions come in a second than these.
_GATHERED, _STORM_PER_S = 200, 200
_GATHER_MAX_S = 0.4


def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(
        max_workers=conf.DATABASE_THREADS, thread_name_prefix="notifications-database"
    )


_executor = _pool()


def in_thread(function: Callable[..., Result], *arguments: Any) -> asyncio.Future[Result]:
    """Run a function that uses the database, away from the event loop."""
    loop = asyncio.get_running_loop()
    return loop.run_in_executor(_executor, _then_close, function, arguments)


def _then_close(function: Callable[..., Result], arguments: tuple[Any, ...]) -> Result:
    try:
        return function(*arguments)
    finally:
        close_old_connections()


def is_of_one(error: BaseException) -> bool:
    """Whether one of many questions may be the reason of an error, and the others have none."""
    return isinstance(error, _OF_ONE)


async def outcomes(
    answer: Callable[[Sequence[Question]], Sequence[Answer]], questions: Sequence[Question]
) -> list[Answer | Exception]:
    """What each question is answered, or the exception that it ends with.

    All are asked together. Where that fails by what one of them may be the reason of, each half is
    asked by itself, and so on: those beside a bad one get their answers.
    """
    try:
        answers: list[Answer | Exception] = [*await in_thread(answer, questions)]
    except _OF_ONE as error:
        if len(questions) <= 1:
            return [error for _ in questions]
        half = len(questions) // 2
        return [
            *await outcomes(answer, questions[:half]),
            *await outcomes(answer, questions[half:]),
        ]
    except Exception as error:  # noqa: BLE001 (whatever it is, those who wait must hear of it)
        return [error for _ in questions]
    if len(answers) != len(questions):
        fault = ValueError(f"{len(questions)} questions got {len(answers)} answers.")
        return [fault for _ in questions]
    return answers


class Batcher(Generic[Question, Answer]):
    """Answers questions of one kind: those that come while an answer is out go with the next.

    So a lone question waits for nobody, and a thousand at once cost a few queries. Where they pour
    in, as from all clients of a server that has died, it may gather them: a query for each few
    would take the time that handshakes need. Who cancels what ``ask`` gave is not asked for: a
    queue that is longer than they wait would be worked off for nobody, and each who comes later
    would wait in vain too. It belongs to the event loop that first asks it.
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
        self._worker = supervisor.OnDemand("answering questions", self._work)

    def ask(self, question: Question) -> asyncio.Future[Answer]:
        """The answer, when it comes; or the exception that the question ended with."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, future))
        self._worker.wake()
        return future

    async def _work(self) -> None:
        # Whoever asks in the same turn of the loop comes along.
        await asyncio.sleep(0)
        while self._waiting:
            if self._gathers:
                await self._gather()
            await self._settle(self._taken())

    async def _gather(self) -> None:
        """Wait until enough have come, if so many come that this is soon."""
        per_s = len(self._waiting) / max(time.monotonic() - self._taken_at, 1e-3)
        missing = _GATHERED - len(self._waiting)
        if missing > 0 and per_s > _STORM_PER_S:
            await asyncio.sleep(min(_GATHER_MAX_S, missing / per_s))
        self._taken_at = time.monotonic()

    def _taken(self) -> list[tuple[Question, asyncio.Future[Answer]]]:
        """The next batch, of those who still wait."""
        living = [pair for pair in self._waiting if not pair[1].done()]
        metrics.questions_dropped.inc(len(self._waiting) - len(living))
        self._waiting = living[self._most :]
        return living[: self._most]

    async def _settle(self, batch: list[tuple[Question, asyncio.Future[Answer]]]) -> None:
        if not batch:
            return
        answers = await outcomes(self._counted, [question for question, _ in batch])
        for (_, future), outcome in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def _counted(self, questions: Sequence[Question]) -> Sequence[Answer]:
        metrics.questions.inc(len(questions))
        self._batches.inc()
        return self._answer(questions)
