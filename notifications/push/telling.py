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

    def __init__(
        self,
        connections: Connections,
        heads: ToldHeads,
        epoch_tag: str,
        asked_at: float | None = None,
    ) -> None:
        """Args: asked_at: since when the database has said so, where it has."""
        self._connections = connections
        self._heads = heads
        self._epoch_tag = epoch_tag
        self._asked_at = asked_at
        # When the current batch began.
        self._now = 0.0
        # Frames that their streams know of as sent, each with the revision that it leads to.
        self._taken: list[tuple[Connection, bytes, int]] = []

    async def tell(
        self,
        changes: Iterable[tuple[int, int, bytes | None]],
        news_to_all: set[tuple[int, int]] | None = None,
    ) -> int:
        """Tell the streams of each inbox.

        Args:
        changes: inboxes, the revision that each has taken, and the frame that says so, if any.
        news_to_all: takes what was news to all streams, by inbox and revision.
        Returns: to how many streams it was news.
        """
        told = news = 0
        self._now = time.monotonic()
        streams = self._connections.streams
        try:
            for inbox_id, revision, frame in changes:
                connections = streams.get(inbox_id, ())
                heard = 0
                for connection in connections:
                    heard += self._tell(connection, revision, frame)
                    told += 1
                    if told % BATCH == 0:
                        self._write()
                        await asyncio.sleep(0)
                        self._now = time.monotonic()
                if news_to_all is not None and heard == len(connections):
                    news_to_all.add((inbox_id, revision))
                # Not before: whoever takes this asks the database later than the stream was told.
                self._heads.learn(inbox_id, self._epoch_tag, revision)
                news += heard
        finally:
            # Also where the rest of them makes no sense.
            self._write()
        return news

    def _tell(self, connection: Connection, revision: int, frame: bytes | None) -> bool:
        """Returns: whether it was news to this stream."""
        now, asked_at, outgoing = self._now, self._asked_at, connection.outgoing
        try:
            if frame is not None and outgoing.take(
                self._epoch_tag, revision, len(frame), now, asked_at
            ):
                if outgoing.noted_to == revision - 1:
                    outgoing.noted_to = revision
                else:
                    connection.note(revision)
                self._taken.append((connection, frame, revision))
                return True
        except Exception as error:  # noqa: BLE001 (nobody else shall notice)
            self._write()
            self._connections.meets_bug(connection, error)
            return False
        # What it decides now is sent at once, and nothing may overtake what was decided before.
        self._write()
        hint = Hint(self._epoch_tag, revision - 1, revision, frame, asked_at)
        return bool(self._connections.perform(connection, connection.stream.hinted, hint, now))

    def _write(self) -> None:
        taken, self._taken = self._taken, []
        for connection, frame, revision in taken:
            try:
                # A function that an object has, and none of its class, is found sooner so.
                say = connection.say
                say(frame, revision)
            except Exception as error:  # noqa: BLE001 (as above)
                self._connections.meets_bug(connection, error)
