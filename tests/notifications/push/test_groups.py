"""Whose groups the hub is in, whatever the layer does."""

import asyncio

import pytest

from notifications.push import groups
from tests.notifications.push.hubs import ALL, MINE, Connection, arrival, run, until


def test_the_hub_joins_the_groups_of_who_is_here_and_leaves_those_of_who_is_not(layer):
    async def scenario(own):
        own._spawn(own.groups._receive())
        own._spawn(own.groups._join_for_ever())
        connection = Connection(42)
        own.register(connection)
        await until(lambda: {MINE, ALL} <= set(layer.groups))
        await layer.group_send(MINE, arrival((42, 6, 1, 1)))
        await until(lambda: connection.actions)
        own.unregister(connection)
        own.unregister(connection)
        await until(lambda: MINE not in layer.groups)
        assert ALL in layer.groups
        assert own.streams == {}

    run(scenario)


def test_a_layer_that_fails_is_tried_again_and_the_database_looked_at(layer, monkeypatch, caplog):
    monkeypatch.setattr(groups, "_RETRY_S", 0.001)
    failures = {"receive": 2, "group_add": 2}

    def failing(name):
        original = getattr(layer, name)

        async def call(*arguments):
            if failures[name]:
                failures[name] -= 1
                raise ConnectionError(name)
            return await original(*arguments)

        monkeypatch.setattr(layer, name, call)

    async def scenario(own):
        looks = []
        own.poll_now = lambda: looks.append(1)
        for name in failures:
            failing(name)
        own._spawn(own.groups._receive())
        own._spawn(own.groups._join_for_ever())
        connection = Connection(42)
        own.register(connection)
        await until(lambda: {MINE, ALL} <= set(layer.groups))
        await layer.group_send(ALL, arrival((42, 6, 1, 1)))
        await until(lambda: connection.actions)
        assert len(looks) == 4

    run(scenario)
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("turns", range(12))
def test_it_ends_when_it_is_told_to_while_it_leaves_groups(layer, turns):
    async def scenario(own):
        own.groups._channel = "here"
        own._spawn(own.groups._join_for_ever())
        people = [Connection(number) for number in range(20)]
        for one in people:
            own.register(one)
        await until(lambda: len(own.groups._joined) == 21)
        for one in people:
            own.unregister(one)
        # Each leaving takes turns of the loop; the cancellation comes amid any of them.
        for _ in range(turns):
            await asyncio.sleep(0)
        (task,) = own._tasks
        task.cancel()
        await asyncio.wait([task], timeout=30)
        assert task.cancelled()

    run(scenario)
