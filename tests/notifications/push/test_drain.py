"""A process that is told to end ends, whatever its streams do about it."""

import asyncio
import signal

import pytest

from notifications.process import log_limits
from notifications.push import drain as drain_module
from notifications.push import runtime
from notifications.push.drain import Drain
from notifications.push.hub import Hub
from tests.notifications.push import hubs


class Connection(hubs.Connection):
    """Fails at whatever it is told to."""

    def __init__(self, inbox_id, *, says_when, fails):
        super().__init__(inbox_id)
        self.says_when, self.fails, self.aborted = says_when, fails, False

    def perform(self, actions):
        if self.fails:
            raise RuntimeError("a bug")

    def fail(self):
        raise RuntimeError("a bug")

    def abort(self):
        self.aborted = True
        if self.fails:
            raise RuntimeError("a bug")


@pytest.fixture
def ended(layer, monkeypatch):
    """What the server was told after a scenario with these connections."""
    log_limits.PROCESS.clear()

    async def within(connections, scenario):
        own = Hub()
        monkeypatch.setattr(runtime, "current", lambda: own)
        for one in connections:
            own.register(one)
        told, drain = [], Drain()
        drain._servers[signal.SIGTERM] = lambda number, _frame: told.append(number)
        async with asyncio.timeout(30):
            await scenario(drain)
        return told

    return lambda connections, scenario: asyncio.run(within(connections, scenario))


def crowd():
    return [
        Connection(n, says_when=n % 2 == 0, fails=n in {0, 1})
        for n in range(6)
    ]  # fmt: skip


async def at_once(drain):
    drain._end_now(signal.SIGTERM)


async def in_time(drain):
    await drain._run(signal.SIGTERM)


@pytest.mark.parametrize("scenario", [at_once, in_time])
@pytest.mark.parametrize("processes", [1, 2])
def test_streams_that_fail_keep_no_other_and_no_server_from_ending(
    ended, settings, monkeypatch, scenario, processes, caplog
):
    settings.NOTIFICATIONS_SERVER_PROCESSES = processes
    settings.NOTIFICATIONS_DRAIN_S = 0.001
    monkeypatch.setattr(drain_module, "_drained_within_s", lambda: 0.01)
    connections = crowd()
    assert ended(connections, scenario) == [signal.SIGTERM]
    # Those that failed when they were told to leave are gone; all others were dropped.
    assert all(one.aborted for one in connections if one.says_when and not one.fails)
    assert "Traceback" not in caplog.text


def test_a_bug_of_the_drain_itself_ends_the_process_all_the_same(ended, monkeypatch, caplog):
    async def scenario(drain):
        monkeypatch.setattr(runtime, "current", lambda: 1 / 0)
        await drain._run(signal.SIGTERM)

    assert ended([], scenario) == [signal.SIGTERM]
    assert "A bug in draining" in caplog.text
    assert "Traceback" not in caplog.text
