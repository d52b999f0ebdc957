"""Hands what hints say to the streams that it concerns: decided for many of them, written then.

The kernel's send leaves the processor's caches with little of what the interpreter had in them.
Were each decision followed by its send, each would begin with memory anew: decided first and
written then, a broadcast takes a sixth less.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from notifications.push.connection import Connection, Connections
from notifications.push.told import ToldHeads
from notifications.stream.messages import Hint

# How many frames are written before other work of the loop gets its turn.
BATCH = 200


class Telling:
    """What one event or one look tells. Belongs to one task."""

    def __init__(self, connections: Connections, heads: ToldHeads) -> None:
        self._connections = connections
        self._heads = heads
        # Frames that their streams know of as sent, each with the revision that it leads to.
        self._taken: list[tuple[Connection, bytes, int]] = []

    async def tell(
        self,
        hints_by_inbox: Iterable[tuple[int, Hint]],
        news_to_all: set[tuple[int, int]] | None = None,
    ) -> int:
        """Tell the streams of each inbox.

        Args: news_to_all: takes what was news to all streams, by inbox and revision.
        Returns: to how many streams it was news.
        """
        told = news = 0
        streams = self._connections.streams
        try:
            for inbox_id, hint in hints_by_inbox:
                is_to_all = True
                for connection in tuple(streams.get(inbox_id, ())):
                    is_news = self._hint(connection, hint)
                    news += is_news
                    is_to_all = is_to_all and is_news
                    told += 1
                    if told % BATCH == 0:
                        self._write()
                        await asyncio.sleep(0)
                if is_to_all and news_to_all is not None:
                    news_to_all.add((inbox_id, hint.revision))
                # Not before: whoever takes this asks the database later than the stream was told.
                self._heads.learn(inbox_id, hint.epoch_tag, hint.revision)
        finally:
            # Also where the rest of them makes no sense.
            self._write()
        return news

    def _hint(self, connection: Connection, hint: Hint) -> bool:
        """Returns: whether it was news to this stream."""
        now = time.monotonic()
        try:
            if (frame := connection.take(hint, now)) is not None:
                self._taken.append((connection, frame, hint.revision))
                return True
        except Exception as error:  # noqa: BLE001 (nobody else shall notice)
            self._write()
            self._connections.meets_bug(connection, error)
            return False
        # What it decides now is sent at once, and nothing may overtake what was decided before.
        self._write()
        return bool(self._connections.perform(connection, connection.stream.hinted, hint, now))

    def _write(self) -> None:
        taken, self._taken = self._taken, []
        for connection, frame, revision in taken:
            try:
                connection.say(frame, revision)
            except Exception as error:  # noqa: BLE001 (as above)
                self._connections.meets_bug(connection, error)
