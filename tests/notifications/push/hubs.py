"""A hub of a test's own, connections whose actions are noted, and what the layer may bring."""

import asyncio
import json
import time

from notifications.push import hints, installation
from notifications.push.hub import Hub
from notifications.stream.inbox_stream import InboxStream
from notifications.stream.messages import Loaded, Send

EPOCH_TAG = "0123456789abcdef"
HERE = installation.at("0" * 64, "in a test")
MINE, ALL = hints.inbox_group(HERE, 42), hints.all_hubs(HERE)


class Connection:
    """A stream that has caught up, whose actions are noted instead of performed."""

    kind = "websocket"
    fields = {"connection": "c"}
    login = came_at = None
    address = ""

    def __init__(self, inbox_id=1, revision=5):
        self.inbox_id = inbox_id
        self.stream = InboxStream("c", time.monotonic(), lambda: "t")
        self.stream.open(None)
        self.stream.loaded(Loaded("u", "e", EPOCH_TAG, revision, 0, 0, listed=()), time.monotonic())
        self.actions = []

    def perform(self, actions):
        self.actions += actions

    @property
    def outgoing(self):
        return self.stream.outgoing

    def note(self, revision):
        pass

    def say(self, frame, revision):
        self.actions.append(Send(frame, revision))

    def frames(self):
        return [json.loads(a.frame) for a in self.actions if isinstance(a, Send)]


def run(scenario):
    """Run a scenario with a hub of its own."""

    async def within():
        own = Hub()
        own.belongs_to(HERE)
        try:
            async with asyncio.timeout(30):
                return await scenario(own)
        finally:
            tasks = list(own._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(within())


async def until(condition):
    while not condition():  # noqa: ASYNC110 (several things may make it true)
        await asyncio.sleep(0.001)


def event(**said):
    return HERE.seal(hints.EVENT_TYPE, {"epoch_tag": EPOCH_TAG, **said})


def arrival(*rows):
    return event(arrived='"id":"7","title":"Hello"', rows=[list(row) for row in rows])
