"""Who is at work, who waits and who is refused."""

import asyncio

import pytest

from config.turns import Caller, Limits, Refused, Turns

ALICE, BOB, CAROL = (Caller(name, f"at {name}", 2) for name in ("alice", "bob", "carol"))
# Two callers of one address, and what one there makes up to look like many.
DAVE = Caller("dave", "at work", 2)
FORGED = [Caller(f"forged {number}", "at work", 2) for number in range(20)]


def limits(most=4, waiting=40, address=20, caller=10, patience_s=60.0):
    return lambda: Limits(most, waiting, address, caller, patience_s)


class Crowd:
    """Those who wait for a turn of these, in the order in which they got one."""

    def __init__(self, turns):
        self._turns = turns
        self._tasks = []
        self.began = []

    async def come(self, *callers):
        for caller in callers:
            self._tasks.append(asyncio.create_task(self._begin(caller)))
            await asyncio.sleep(0)
        await self.settle()

    async def settle(self):
        for _ in range(5):
            await asyncio.sleep(0)

    async def _begin(self, caller):
        self.began.append(await self._turns.begin(caller))

    async def end(self, turn):
        self._turns.end(turn)
        await self.settle()

    def names(self):
        return [turn.caller.name for turn in self.began]

    async def stop(self):
        for task in self._tasks:
            task.cancel()
        return await asyncio.gather(*self._tasks, return_exceptions=True)


def test_of_one_caller_only_so_many_are_at_work():
    async def run():
        crowd = Crowd(Turns(limits()))
        await crowd.come(ALICE, ALICE, ALICE, BOB)
        assert crowd.names() == ["alice", "alice", "bob"]
        await crowd.end(crowd.began[0])
        assert crowd.names() == ["alice", "alice", "bob", "alice"]
        await crowd.stop()

    asyncio.run(run())


def test_of_all_only_so_many_are_at_work_and_who_has_none_is_next():
    async def run():
        crowd = Crowd(Turns(limits(most=3)))
        await crowd.come(ALICE, ALICE, BOB, ALICE, BOB, CAROL)
        assert crowd.names() == ["alice", "alice", "bob"]
        await crowd.end(crowd.began[0])
        assert crowd.names()[3:] == ["carol"]
        await crowd.stop()

    asyncio.run(run())


def test_a_crowd_of_made_up_names_holds_up_its_own_address():
    async def run():
        crowd = Crowd(Turns(limits()))
        await crowd.come(*FORGED[:15])
        assert len(crowd.began) == 4
        await crowd.come(DAVE, ALICE)
        await crowd.end(crowd.began[0])
        assert crowd.names()[-1] == "alice"
        await crowd.stop()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("callers", "most", "own_fault"),
    [
        ([ALICE] * 12, {}, True),
        (FORGED, {"address": 16}, True),
        (FORGED, {"waiting": 16, "address": 40}, False),
    ],
)
def test_where_too_many_wait_the_next_is_refused(callers, most, own_fault):
    async def run():
        turns = Turns(limits(**most))
        crowd = Crowd(turns)
        await crowd.come(*callers)
        with pytest.raises(Refused) as caught:
            turns.require_room(callers[-1])
        assert caught.value.own_fault == own_fault
        with pytest.raises(Refused):
            await turns.begin(callers[-1])
        await crowd.stop()

    asyncio.run(run())


def test_who_waits_too_long_is_refused_and_holds_no_place():
    async def run():
        turns = Turns(limits(most=1, waiting=1, patience_s=0.01))
        turn = await turns.begin(ALICE)
        for _ in range(3):
            with pytest.raises(Refused) as caught:
                await turns.begin(BOB)
            assert not caught.value.own_fault
        turns.end(turn)
        await turns.begin(BOB)

    asyncio.run(run())


def test_who_is_gone_while_it_waits_or_just_before_it_began_holds_no_place():
    async def run():
        turns = Turns(limits(most=1))
        turn = await turns.begin(ALICE)
        gone = asyncio.create_task(turns.begin(BOB))
        await asyncio.sleep(0)
        turns.end(turn)  # and so it is bob's turn
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        async with asyncio.timeout(10):
            await turns.begin(CAROL)

    asyncio.run(run())


def test_without_a_limit_all_begin():
    async def run():
        crowd = Crowd(Turns(limits(most=0)))
        await crowd.come(*[Caller("alice", "here", 0)] * 50)
        assert len(crowd.began) == 50

    asyncio.run(run())
