import asyncio
import time
from itertools import pairwise

from notifications.push import timers
from notifications.push.timers import TimerWheel


class Wheel(TimerWheel):
    """A wheel that notes what it called for."""

    def __init__(self):
        self.called = []
        super().__init__(lambda thing, now: self.called.append(thing))


def test_each_thing_is_called_for_once_and_never_early():
    wheel, now = Wheel(), time.monotonic()
    wheel.schedule("soon", now + 1)
    wheel.schedule("later", now + 5)
    wheel.advance(now + 0.99)
    assert wheel.called == []
    wheel.advance(now + 1 + 2 * timers._STEP_S)
    assert wheel.called == ["soon"]
    wheel.advance(now + 60)
    wheel.advance(now + 61)
    assert wheel.called == ["soon", "later"]


def test_the_last_time_given_counts():
    wheel, now = Wheel(), time.monotonic()
    for at in (now + 1, now + 9, now + 4):
        wheel.schedule("x", at)
    wheel.advance(now + 3)
    assert wheel.called == []
    wheel.advance(now + 5)
    assert wheel.called == ["x"]


def test_what_is_cancelled_is_not_called_for():
    wheel, now = Wheel(), time.monotonic()
    wheel.schedule("x", now + 1)
    wheel.cancel("x")
    wheel.cancel("y")
    wheel.advance(now + 9)
    assert wheel.called == []


def test_a_thing_may_schedule_itself_again_when_called_for():
    now = time.monotonic()
    called = []

    def due(thing, moment):
        called.append(thing)
        wheel.schedule(thing, moment)  # at once: with the next step, not in this one

    wheel = TimerWheel(due)
    wheel.schedule("x", now)
    wheel.advance(now + 1)
    wheel.advance(now + 2)
    assert called == ["x", "x"]


def test_a_long_sleep_is_made_up_for_at_once():
    wheel, now = Wheel(), time.monotonic()
    for n in range(5):
        wheel.schedule(n, now + n)
    wheel.advance(now + 10**7)
    assert wheel.called == [0, 1, 2, 3, 4]


def test_many_at_once_do_not_hold_up_the_loop(monkeypatch):
    """The pings of all who have come in one moment are due in one moment."""
    monkeypatch.setattr(timers, "_STEP_S", 0.001)
    number = 5 * timers._AT_ONCE
    wheel, turns = Wheel(), []

    async def scenario():
        task = asyncio.create_task(wheel.run())
        for thing in range(number):
            wheel.schedule(thing, 0)
        try:
            async with asyncio.timeout(30):
                while len(wheel.called) < number:
                    turns.append(len(wheel.called))
                    await asyncio.sleep(0)
        finally:
            task.cancel()

    asyncio.run(scenario())
    turns.append(number)
    assert max(after - before for before, after in pairwise(turns)) <= timers._AT_ONCE
    assert sorted(wheel.called) == list(range(number))


def test_what_is_cancelled_while_others_are_called_for_is_not_called_for():
    called, now = [], time.monotonic()

    def due(thing, _):
        called.append(thing)
        wheel.cancel("y" if thing == "x" else "x")

    wheel = TimerWheel(due)
    wheel.schedule("x", now)
    wheel.schedule("y", now)
    wheel.advance(now + 1)
    assert len(called) == 1
