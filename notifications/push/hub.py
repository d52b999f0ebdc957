"""The streams that are open in this process, by inbox, and what reaches them from outside.

All that is done to a stream is done here, so that a bug which one of them meets costs no other
anything. It belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any
from uuid import uuid4

from notifications.process import log_limits, metrics, supervisor
from notifications.push import hints, publisher
from notifications.push.access import AccessChecks
from notifications.push.connection import Connection
from notifications.push.groups import GroupMembership
from notifications.push.installation import Installation
from notifications.push.journal import Journal
from notifications.push.limits import ConnectionCounter
from notifications.push.receipts import Receipts
from notifications.push.telling import BATCH, Telling
from notifications.push.timers import TimerWheel
from notifications.push.told import ToldHeads
from notifications.stream.messages import Action

logger = logging.getLogger(__name__)

_DISTRUST_REST_S = 0.5


class Hub:
    """One per event loop; ``runtime.current()`` gives it."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        # What this process is known by, where several are told apart.
        self.process = uuid4().hex
        # Not changed but replaced: whoever goes through them may meet one that ends meanwhile.
        self.streams: dict[int, tuple[Connection, ...]] = {}
        # How often an inbox came to be followed here, or ceased to be.
        self.followed_changes = 0
        self.timers = TimerWheel(self._tick)
        self.receipts = Receipts()
        self.journal = Journal()
        self.access = AccessChecks(self)
        self.connection_counter = ConnectionCounter()
        self.groups = GroupMembership(self.streams, self.deliver, self._look_again)
        # Whose hints are believed; None until the reconciler has looked.
        self._here: Installation | None = None
        # What streams were sent, or have read, since the reconciler last asked.
        self.told = ToldHeads()
        # When the database may be looked into again because of what nobody believes.
        self._may_look_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        # Whether this process is about to end: who comes now is sent to another one.
        self.is_draining = False
        # Called to poll the database at once.
        self.poll_now: Callable[[], None] = lambda: None
        # Seconds since the database was last looked into.
        self.lag_s: Callable[[], float] = lambda: 0.0

    def start(self) -> None:
        """Begin to receive. Called once, on the hub's own loop."""
        metrics.declare()
        publisher.attach(self.loop, on_failure=self._look_again)
        self.keep("the streams' timer", self.timers.run)
        for place, work in (self.groups.work() | self.access.work()).items():
            self.keep(place, work)

    def _look_again(self) -> None:
        """The channel layer has failed: what it did not bring, the database tells."""
        self.poll_now()

    def keep(self, place: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do endless work as long as the loop runs."""
        self._spawn(supervisor.keep(place, work))

    # --- Streams ----------------------------------------------------------------------------------

    def register(self, connection: Connection) -> None:
        """A stream is open. Register it before its first read: then no change falls in between."""
        others = self.streams.get(connection.inbox_id, ())
        self.streams[connection.inbox_id] = (*others, connection)
        metrics.streams_open.labels(connection.kind).inc()
        if not others:
            self._followed_changed()
        self.connection_counter.opened(connection.address)
        self.access.opened(connection)

    def unregister(self, connection: Connection) -> None:
        """A stream is gone; whoever says so again is not heard."""
        connections = self.streams.get(connection.inbox_id, ())
        if connection not in connections:
            return
        others = tuple(other for other in connections if other is not connection)
        self.timers.cancel(connection)
        self.access.closed(connection)
        self.connection_counter.closed(connection.address)
        metrics.streams_open.labels(connection.kind).dec()
        if others:
            self.streams[connection.inbox_id] = others
        else:
            del self.streams[connection.inbox_id]
            self.told.forget(connection.inbox_id)
            self._followed_changed()

    def _followed_changed(self) -> None:
        self.followed_changes += 1
        self.groups.changed()

    def all_streams(self) -> list[Connection]:
        return [connection for connections in self.streams.values() for connection in connections]

    def perform(
        self, connection: Connection, fact: Callable[..., list[Action]], *values: Any
    ) -> list[Action]:
        """Tell a stream a fact, and have done what it decides; all work on a stream goes this way.

        A bug ends this connection, whose client comes back with its cursor, and nothing else.

        Args: fact: a method of the stream, or whatever else says what is to be done.
        """
        try:
            actions = fact(*values)
            connection.perform(actions)
        except Exception as error:  # noqa: BLE001 (nobody else shall notice)
            self.meets_bug(connection, error)
            return []
        return actions

    def meets_bug(self, connection: Connection, error: Exception) -> None:
        """End a connection of which something has failed that never should."""
        supervisor.report("a stream", error, connection.fields)
        supervisor.attempt("ending a stream", connection.fail)
        self.unregister(connection)

    def _tick(self, connection: Connection, now: float) -> None:
        self.perform(connection, connection.stream.tick, now)

    # --- What the database says -------------------------------------------------------------------

    def on_revisions(
        self,
        epoch_tag: str,
        rows: Iterable[tuple[int, int]],
        asked_at: float = float("-inf"),
        arrived: Iterable[dict[str, Any]] = (),
    ) -> None:
        """The reconciler read where inboxes stand: their ids and revisions.

        Args:
        asked_at: when it began to read; what a stream was sent since then may be newer.
        arrived: what has come into some of them, as the bodies of hints say it.
        """
        self._spawn(self._catch_up(epoch_tag, rows, asked_at, arrived))

    def lacking(self, rows: Iterable[tuple[int, int]]) -> list[int]:
        """Inboxes of which a stream lacks that revision and no other; from any thread."""
        lacking, streams = [], self.streams
        for inbox_id, revision in rows:
            for one in streams.get(inbox_id, ()):
                if one.stream.position == revision - 1:
                    lacking.append(inbox_id)
                    break
        return lacking

    def on_woken(self, inbox_ids: Iterable[int]) -> None:
        """Somebody says that something may be new in these inboxes: whoever follows one reads."""
        followed = [pk for pk in inbox_ids if pk in self.streams]
        if followed:
            metrics.looks.inc()
        for inbox_id in followed:
            for connection in self.streams.get(inbox_id, ()):
                self.perform(connection, connection.stream.woken)

    async def _catch_up(
        self,
        epoch_tag: str,
        rows: Iterable[tuple[int, int]],
        asked_at: float,
        arrived: Iterable[dict[str, Any]],
    ) -> None:
        told: set[tuple[int, int]] = set()
        for body in arrived:
            telling = Telling(self, self.told, epoch_tag, asked_at)
            healed = await telling.tell(hints.read(body, self.streams), told)
            metrics.hints_healed.inc(healed)
        # Of a broadcast nearly everybody was just told the same, by the same look.
        others = [row for row in rows if row not in told]
        for n, (inbox_id, revision) in enumerate(others, 1):
            for connection in self.streams.get(inbox_id, ()):
                if self._behind(connection, epoch_tag, revision, asked_at):
                    metrics.hints_healed.inc()
            if n % BATCH == 0:
                await asyncio.sleep(0)

    def _behind(
        self, connection: Connection, epoch_tag: str, revision: int, asked_at: float
    ) -> list[Action]:
        """What a stream decides, that is told where its inbox is: nothing, if it is there."""
        try:
            if connection.outgoing.is_at(epoch_tag, revision, asked_at):
                return []  # as nearly all are, that were just told of it
        except Exception as error:  # noqa: BLE001 (as in `perform`)
            self.meets_bug(connection, error)
            return []
        return self.perform(connection, connection.stream.behind, epoch_tag, revision, asked_at)

    def on_epoch(self, epoch_tag: str) -> None:
        """The reconciler read which epoch it is; streams of another one start anew.

        What has been restored may let in others than before, too.
        """
        self.access.suspect(self.all_streams())
        for connection in self.all_streams():
            stream = connection.stream
            if stream.epoch_tag and stream.epoch_tag != epoch_tag:
                self.perform(connection, stream.behind, epoch_tag, 0)

    def belongs_to(self, here: Installation) -> None:
        """The reconciler read which installation this is: hints come by its groups alone."""
        self._here = here
        self.groups.belongs_to(here)

    # --- What the channel layer says --------------------------------------------------------------

    def on_hints(self, events: Iterable[object]) -> None:
        """The database has brought what may be hints, as the channel layer brings them."""
        self._spawn(self._deliver_each(events))

    async def _deliver_each(self, events: Iterable[object]) -> None:
        for event in events:
            try:
                await self.deliver(event)
            except Exception as error:  # noqa: BLE001 (the next one may make sense)
                supervisor.report("a hint", error)

    async def deliver(self, event: Any) -> None:
        """Hand an event to the streams of this process that it concerns."""
        body = None if self._here is None else self._here.opened(event)
        if body is None:
            self._distrust()
            return
        try:
            if event["type"] == hints.ACCESS_EVENT_TYPE:
                self.access.suspect(self.streams.get(int(body), ()))
            elif event["type"] == hints.EVENT_TYPE:  # another: from a newer process, maybe
                began = time.monotonic()
                telling = Telling(self, self.told, str(body["epoch_tag"]))
                is_news = await telling.tell(hints.read(body, self.streams))
                if is_news and (age_s := hints.age_s(body)) is not None:  # once, for the last
                    metrics.commit_to_sent.observe(age_s + time.monotonic() - began)
        except (LookupError, TypeError, ValueError) as error:
            logger.warning("A hint that makes no sense was ignored: %r", error)

    def _distrust(self) -> None:
        """What nobody here has sealed is at most a reason to look into the database."""
        metrics.hints_refused.inc()
        log_limits.once_a_minute(
            logger, logging.WARNING, "hint refused",
            "The channel layer, or NOTIFY, brought what no process of this installation sent; it "
            "was ignored. Do two installations share one Redis?",
        )  # fmt: skip
        now = time.monotonic()
        if now >= self._may_look_at:
            self._may_look_at = now + _DISTRUST_REST_S
            self.poll_now()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        # A context of its own, or the tasks would keep that of the request that came first.
        task = self.loop.create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            supervisor.report("a task of the hub", error)
