"""The inbox as server-sent events: `GET /api/v1/inbox/events`."""

from __future__ import annotations

from notifications.consumers.http import HttpStreamConsumer, cursor
from notifications.consumers.responses import EventStreamTransport
from notifications.wire import frames
from notifications.wire.frames import Cursor


class EventStreamConsumer(HttpStreamConsumer):
    """One response that goes on, until so much was sent that the client must say what it holds."""

    kind = "sse"

    def new_transport(self) -> EventStreamTransport:
        return EventStreamTransport(self.scope, self.base_send)

    def ask(self, query: dict[str, list[str]]) -> Cursor | None:
        # A browser that comes back repeats the URL of the first time, and says here what it has.
        for name, value in self.scope["headers"]:
            if name.lower() == b"last-event-id" and value:
                epoch, _, since = value.decode("latin-1").rpartition(".")
                return cursor(epoch, since)
        return super().ask(query)

    def say(self, frame: bytes, revision: int | None) -> None:
        where = b""
        if revision is not None and self.connection is not None:
            where = b"id: %s.%d\n" % (self.connection.stream.epoch.encode(), revision)
        super().say(b"event: %s\n%sdata: %s\n\n" % (frames.kind(frame), where, frame), revision)
