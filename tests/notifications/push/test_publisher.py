"""Hints on their way to a layer that may raise, hang or be absent."""

import asyncio
import time

import pytest

from notifications.process import metrics
from notifications.push import layers
from notifications.push import publisher as publisher_module
from notifications.push.memory_layer import MemoryLayer
from notifications.push.publisher import Publisher

HINT = ("user.1", {"type": "inboxes.changed", "body": "{}"})


class Layer:
    """Takes what it is sent; fails as long as it is told to."""

    def __init__(self):
        self.taken, self.fails, self.hangs = [], False, False

    async def group_send(self, group, event):
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails:
            raise ConnectionError("refused")
        self.taken.append((group, event))


@pytest.fixture
def layer(monkeypatch):
    layer = Layer()
    monkeypatch.setattr(layers, "publishing", lambda: layer)
    monkeypatch.setattr(publisher_module, "TIMEOUT_S", 0.05)
    monkeypatch.setattr(publisher_module, "_BREAK_S", 0.05)
    return layer


@pytest.fixture
def publisher(layer):
    publisher = Publisher()
    yield publisher
    loop = publisher._loop
    if loop is not None and loop.is_running():
        loop.call_soon_threadsafe(loop.stop)
        while loop.is_running():
            time.sleep(0.001)
        loop.close()


def lost():
    return metrics.hints_lost.value


def test_hints_reach_the_layer_in_order_from_a_thread_of_their_own(publisher, layer):
    hints = [(f"user.{n}", HINT[1]) for n in range(100)]
    publisher.publish(hints)
    assert publisher.flush(30)
    assert layer.taken == hints


def test_who_publishes_does_not_wait_for_a_layer_that_hangs(publisher, layer):
    layer.hangs = True
    before = lost()
    began = time.monotonic()
    publisher.publish([HINT] * 50)
    assert time.monotonic() - began < 0.05
    # One is waited for; the breaker drops the rest.
    assert publisher.flush(30)
    assert lost() - before == 50


def test_a_layer_that_raises_is_left_alone_for_a_while_and_then_tried_again(
    publisher, layer, caplog
):
    told = []
    publisher._on_failure = lambda: told.append(1)
    layer.fails = True
    publisher.publish([HINT] * 3)
    assert publisher.flush(30)
    assert told == [1]
    assert caplog.text.count("refused") == 1
    assert "Traceback" not in caplog.text
    layer.fails = False
    deadline = time.monotonic() + 30
    while not layer.taken and time.monotonic() < deadline:
        publisher.publish([HINT])
        assert publisher.flush(30)
    assert layer.taken


def test_a_queue_that_is_full_drops_what_comes(publisher, layer, monkeypatch):
    monkeypatch.setattr(publisher_module, "_QUEUE_MAX", 5)
    monkeypatch.setattr(publisher, "_wake", lambda: None)  # nobody takes them out
    before = lost()
    publisher.publish([HINT] * 8)
    assert lost() - before == 3


def test_in_memory_and_without_a_hub_nobody_listens(monkeypatch):
    monkeypatch.setattr(layers, "publishing", MemoryLayer)
    publisher = Publisher()
    publisher.publish([HINT])
    assert publisher._loop is None
    assert publisher.flush(0)


def test_on_the_loop_of_a_hub_hints_are_sent_there(layer):
    async def publish():
        publisher = Publisher()
        publisher.attach(asyncio.get_running_loop())
        await asyncio.to_thread(publisher.publish, [HINT])
        await asyncio.to_thread(publisher.flush, 30)

    asyncio.run(publish())
    assert layer.taken == [HINT]


def test_a_loop_that_has_ended_loses_hints_and_nothing_else(layer):
    publisher = Publisher()

    async def attach():
        publisher.attach(asyncio.get_running_loop())

    asyncio.run(attach())
    before = lost()
    publisher.publish([HINT, HINT])
    assert publisher.flush(0)
    assert lost() - before == 2


def test_the_memory_layer_serves_many_groups_without_walking_over_them(monkeypatch):
    async def scenario():
        layer = MemoryLayer()
        channel = await layer.new_channel()
        for n in range(1000):
            await layer.group_add(f"user.{n}", channel)
        jobs = []
        monkeypatch.setattr(
            "channels.layers.InMemoryChannelLayer._clean_expired", lambda self: jobs.append(1)
        )
        for n in range(100):
            await layer.group_send(f"user.{n}", {"type": "x", "n": n})
            assert (await layer.receive(channel))["n"] == n
        return jobs

    assert len(asyncio.run(scenario())) <= 2
