"""Work that is done when there is some: one task at a time, which a bug does not end."""

import asyncio
import contextvars
import time

import pytest

from notifications.process import log_limits, metrics, supervisor
from notifications.process.supervisor import OnDemand
from notifications.push.batching import Batcher


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(supervisor, "_FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(supervisor, "_LONGEST_WAIT_S", 0.002)
    log_limits.PROCESS.clear()


def run(scenario):
    async def within():
        async with asyncio.timeout(30):
            await scenario()

    asyncio.run(within())


class Queue:
    """Takes one thing after the other; raises for those that it is told to, once each."""

    def __init__(self, *bad):
        self.waiting, self.done, self.bad, self.begun = [], [], set(bad), 0
        self.worker = OnDemand("a test", self._work)

    def put(self, *things):
        self.waiting += things
        self.worker.wake()

    async def _work(self):
        self.begun += 1
        while self.waiting:
            await asyncio.sleep(0)
            thing = self.waiting.pop(0)
            if thing in self.bad:
                raise RuntimeError(thing)
            self.done.append(thing)

    async def until_done(self):
        while self.worker._task is not None:  # noqa: ASYNC110 (it may begin again meanwhile)
            await asyncio.sleep(0.001)


def test_one_task_does_all_that_comes_and_ends():
    async def scenario():
        queue = Queue()
        for thing in range(5):
            queue.put(thing)
        await queue.until_done()
        assert (queue.done, queue.begun) == ([0, 1, 2, 3, 4], 1)
        queue.put(5)
        await queue.until_done()
        assert (queue.done[-1], queue.begun) == (5, 2)

    run(scenario)


def test_a_bug_is_counted_and_what_waits_is_done_all_the_same(caplog):
    async def scenario():
        before = metrics.bugs.labels("a test").value
        queue = Queue(1, 2)
        queue.put(0, 1, 2, 3)
        await queue.until_done()
        assert queue.done == [0, 3]
        assert metrics.bugs.labels("a test").value - before == 2

    run(scenario)
    assert "Traceback" not in caplog.text


def test_who_is_told_to_end_ends_and_may_begin_anew():
    async def scenario():
        queue = Queue()
        queue.put(1)
        await asyncio.sleep(0)
        task = queue.worker._task
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        queue.put()
        await queue.until_done()
        assert queue.done == [1]

    run(scenario)


def test_it_keeps_nothing_of_who_happens_to_wake_it():
    request = contextvars.ContextVar("request", default=None)
    seen = []

    async def work():
        seen.append(request.get())

    async def scenario():
        request.set("a request")
        worker = OnDemand("a test", work)
        worker.wake()
        while not seen:  # noqa: ASYNC110 (it is a turn of the loop away)
            await asyncio.sleep(0)

    run(scenario)
    assert seen == [None]


def test_a_bug_between_two_batches_leaves_nobody_waiting(monkeypatch):
    """It would until somebody else asked, and longer than a handshake may take."""
    failures = [RuntimeError("a bug")]
    clock = time.monotonic

    async def scenario():
        batcher = Batcher(list, gathers=True)
        monkeypatch.setattr(batcher, "_gather", lambda: gather(batcher))
        assert await batcher.ask(7) == 7

    async def gather(batcher):
        batcher._taken_at = clock()
        if failures:
            raise failures.pop()

    run(scenario)
    assert not failures
