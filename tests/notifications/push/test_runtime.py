"""What is put together when a process first has somebody to push to."""

import asyncio

import pytest

from notifications.models import Process
from notifications.push import runtime
from notifications.push.batching import in_thread
from tests.notifications.push.hubs import until

pytestmark = pytest.mark.django_db(transaction=True)


async def begun():
    """The hub of this loop, once the reconciler has told it where it is and presence is written."""
    hub = runtime.current()
    assert runtime.current() is hub
    async with asyncio.timeout(30):
        await until(lambda: hub.groups._here is not None)
        while not await in_thread(Process.objects.live().exists):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return hub


async def ended(hub):
    hub.poll_now.__self__.stop()  # its thread
    tasks = list(hub._tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_the_first_call_starts_all_that_pushes_and_each_loop_has_its_own(layer):
    async def scenario():
        hub = await begun()
        assert hub.lag_s() < 30
        await ended(hub)
        return hub

    first, second = asyncio.run(scenario()), asyncio.run(scenario())
    assert first is not second
    assert list(runtime._current.values()) == [second]
    runtime._current.clear()
