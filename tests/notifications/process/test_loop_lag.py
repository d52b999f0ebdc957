"""An event loop that was held up says by how much."""

import asyncio
import time

from notifications.process.loop_lag import LoopLag


def test_what_holds_the_loop_up_is_seen_and_forgotten_after_a_while():
    async def scenario():
        lag = LoopLag()
        looking = asyncio.get_running_loop().create_task(lag.work())
        await asyncio.sleep(0)
        time.sleep(0.5)  # noqa: ASYNC251 (on purpose)
        async with asyncio.timeout(30):
            while lag.worst_s() < 0.3:  # noqa: ASYNC110
                await asyncio.sleep(0)
        looking.cancel()
        lag._worst_s = 0.4
        now = time.monotonic()
        for later in (60, 120):
            assert lag.worst_s() >= 0.3
            lag._note(now + later, now + later)
        assert lag.worst_s() < 0.3

    asyncio.run(scenario())
