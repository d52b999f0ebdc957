"""What one task of a socket waits for."""

import asyncio

import pytest

from notifications.servers.waiting import Gate, Inlet


def run(scenario):
    async def within():
        async with asyncio.timeout(30):
            await scenario()

    asyncio.run(within())


async def until_it_waits(task):
    """Every task has gone as far as it can."""
    await asyncio.sleep(0)
    assert not task.done()


def test_what_is_put_is_taken_in_its_order():
    async def scenario():
        inlet = Inlet()
        assert inlet.empty()
        for item in "abc":
            inlet.put_nowait(item)
        assert not inlet.empty()
        assert [await inlet.get() for _ in range(3)] == ["a", "b", "c"]
        assert inlet.empty()

    run(scenario)


def test_who_takes_waits_until_there_is_something():
    async def scenario():
        inlet = Inlet()
        taker = asyncio.ensure_future(inlet.get())
        await until_it_waits(taker)
        inlet.put_nowait("a")
        inlet.put_nowait("b")
        assert await taker == "a"
        assert await inlet.get() == "b"

    run(scenario)


@pytest.mark.parametrize("comes_first", [False, True])
def test_nothing_is_lost_with_a_taker_that_is_cancelled(comes_first):
    async def scenario():
        inlet = Inlet()
        taker = asyncio.ensure_future(inlet.get())
        await until_it_waits(taker)
        if comes_first:
            inlet.put_nowait("a")
        taker.cancel()
        with pytest.raises(asyncio.CancelledError):
            await taker
        if not comes_first:
            inlet.put_nowait("a")
        assert await inlet.get() == "a"

    run(scenario)


def test_all_pass_a_gate_once_it_is_open_and_wait_again_once_it_is_not():
    async def scenario():
        gate = Gate()
        assert gate.is_set()
        await gate.wait()
        gate.clear()
        gate.clear()
        assert not gate.is_set()
        waiting = [asyncio.ensure_future(gate.wait()) for _ in range(3)]
        for one in waiting:
            await until_it_waits(one)
        waiting[0].cancel()
        gate.set()
        await asyncio.gather(*waiting[1:])
        gate.clear()
        last = asyncio.ensure_future(gate.wait())
        await until_it_waits(last)
        gate.set()
        gate.clear()
        gate.set()
        await last

    run(scenario)


def test_who_listens_is_handed_what_waits_and_then_each_item_as_it_comes():
    inlet, heard = Inlet(), []
    inlet.put_nowait("a")
    assert not inlet.is_heard
    inlet.listen(heard.append)
    inlet.put_nowait("b")
    assert inlet.is_heard
    assert inlet.empty()
    assert inlet.qsize() == 0
    assert heard == ["a", "b"]
