"""A thread that is at the database when its test ends harms no test after that."""

import asyncio
from threading import Event

import pytest
from django.db import connection, connections

from notifications.push.batching import in_thread
from tests.support import database_threads


async def ask(function):
    return await in_thread(function)


@pytest.mark.django_db(transaction=True)
def test_who_is_at_it_is_waited_for_and_closes_what_it_opened():
    begun, may_end, kept = Event(), Event(), []

    def look():
        connection.ensure_connection()
        kept.append(connection.connection)
        begun.set()
        may_end.wait(60)
        kept.append(connections["default"])

    async def scenario():
        task = asyncio.create_task(ask(look))
        await asyncio.to_thread(begun.wait, 60)
        task.cancel()
        renewing = asyncio.create_task(asyncio.to_thread(database_threads.renew))
        may_end.set()
        await renewing

    asyncio.run(scenario())
    opened, wrapper = kept
    assert opened is not None
    assert wrapper.connection is None


def test_those_after_that_are_others():
    async def scenario():
        database_threads.renew()
        assert await ask(lambda: 3) == 3

    asyncio.run(scenario())
