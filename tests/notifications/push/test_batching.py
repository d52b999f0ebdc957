"""Questions of sockets, asked together."""

import asyncio
import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import DataError, InterfaceError, OperationalError, ProgrammingError, connections

from notifications.process import metrics
from notifications.push.batching import Batcher, in_thread


def run(coroutine):
    async def within():
        async with asyncio.timeout(30):
            return await coroutine

    return asyncio.run(within())


def test_questions_of_one_moment_are_answered_together():
    batches = []

    def answer(questions):
        batches.append(list(questions))
        return [q * 10 for q in questions]

    async def ask():
        batcher = Batcher(answer)
        return await asyncio.gather(*(batcher.ask(n) for n in range(5)))

    assert run(ask()) == [0, 10, 20, 30, 40]
    assert batches == [[0, 1, 2, 3, 4]]


def test_questions_that_come_meanwhile_go_with_the_next():
    batches, gate = [], threading.Event()

    def answer(questions):
        batches.append(list(questions))
        assert gate.wait(30)
        return questions

    async def ask():
        batcher = Batcher(answer, most=2)
        first = batcher.ask(0)
        while not batches:  # noqa: ASYNC110 (it comes from another thread)
            await asyncio.sleep(0)
        later = [batcher.ask(n) for n in (1, 2, 3)]
        gate.set()
        return await asyncio.gather(first, *later)

    assert run(ask()) == [0, 1, 2, 3]
    assert batches == [[0], [1, 2], [3]]


def test_a_failure_reaches_all_who_asked_and_nobody_else():
    def answer(questions):
        if "bad" in questions:
            raise OSError("gone")
        return questions

    async def ask():
        batcher = Batcher(answer)
        failed = await asyncio.gather(batcher.ask("bad"), batcher.ask("x"), return_exceptions=True)
        return failed, await batcher.ask("y")

    failed, good = run(ask())
    assert [str(error) for error in failed] == ["gone", "gone"]
    assert good == "y"


@pytest.mark.parametrize("error", [DataError, ValueError, OverflowError, KeyError])
def test_one_bad_question_fails_for_those_alone_who_ask_it(error):
    batches = []

    def answer(questions):
        batches.append(len(questions))
        if {3, 70} & set(questions):
            raise error("no such text")
        return questions

    async def ask():
        batcher = Batcher(answer)
        return await asyncio.gather(*map(batcher.ask, range(100)), return_exceptions=True)

    found = run(ask())
    assert [n for n, one in enumerate(found) if isinstance(one, error)] == [3, 70]
    assert [one for one in found if not isinstance(one, error)] == sorted({*range(100)} - {3, 70})
    assert len(batches) < 30


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, OSError, ProgrammingError])
def test_an_outage_is_not_asked_again_in_parts(error):
    batches = []

    def answer(questions):
        batches.append(len(questions))
        raise error("gone")

    async def ask():
        batcher = Batcher(answer)
        return await asyncio.gather(*map(batcher.ask, range(100)), return_exceptions=True)

    assert {type(one) for one in run(ask())} == {error}
    assert batches == [100]


def test_who_has_given_up_is_not_asked_for():
    asked, gate = [], threading.Event()

    def answer(questions):
        asked.append(list(questions))
        assert gate.wait(30)
        return questions

    async def ask():
        batcher = Batcher(answer, most=3)
        first = batcher.ask(0)
        while not asked:  # noqa: ASYNC110 (it comes from another thread)
            await asyncio.sleep(0)
        # The queue is longer than anybody waits.
        for n in range(1, 10):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await batcher.ask(n)
        living = [batcher.ask(n) for n in (10, 11)]
        gate.set()
        return await asyncio.gather(first, *living)

    before = [metric.value for metric in (metrics.questions, metrics.questions_dropped)]
    assert run(ask()) == [0, 10, 11]
    assert asked == [[0], [10, 11]]
    after = [metric.value for metric in (metrics.questions, metrics.questions_dropped)]
    assert [new - old for old, new in zip(before, after, strict=True)] == [3, 9]


def test_who_no_longer_waits_does_not_disturb_the_others():
    async def ask():
        batcher = Batcher(lambda questions: questions)
        gone, stays = batcher.ask("gone"), batcher.ask("stays")
        gone.cancel()
        return await stays

    assert run(ask()) == "stays"


def test_a_batch_that_is_answered_in_part_is_an_error_for_all():
    async def ask():
        batcher = Batcher(lambda questions: questions[:1])
        return await asyncio.gather(batcher.ask(1), batcher.ask(2), return_exceptions=True)

    first, second = run(ask())
    assert isinstance(first, ValueError)
    assert isinstance(second, ValueError)


def test_the_event_loop_goes_on_meanwhile():
    gate = threading.Event()

    async def ask():
        batcher = Batcher(lambda questions: [gate.wait(30) for _ in questions])
        future = batcher.ask(1)
        for _ in range(100):
            await asyncio.sleep(0)
        assert not future.done()
        gate.set()
        return await future

    assert run(ask()) is True


@pytest.mark.django_db(transaction=True)
def test_a_thread_gives_its_connection_back(alice):
    def look():
        get_user_model().objects.count()
        used = connections["default"]  # this thread's own
        return used.connection is not None, used

    async def ask():
        return await in_thread(look)

    was_open, used = run(ask())
    assert was_open
    assert used.connection is None
