"""The streams that are open in this process, by user, and what reaches them from outside.

The hub is one member of the layer's groups, however many sockets it serves, and it alone receives:
a layer that fails closes no socket. It belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

from channels.layers import channel_layers

from notifications.process import log_limits, metrics, supervisor
from notifications.push import hints, publisher
from notifications.push.access import AccessChecks, Login
from notifications.push.installation import Installation
from notifications.push.limits import ConnectionCounter
from notifications.push.receipts import Receipts
from notifications.push.timers import TimerWheel
from notifications.stream.messages import Action, Hint, Stream

logger = logging.getLogger(__name__)

# How many frames are written before other work of the loop gets its turn.
_BATCH = 200
# Groups are joined one after the other, with a rest after so many: 2,000 a second at most.
_JOINS_AT_ONCE, _JOINS_REST_S = 50, 0.025
_LAYER_RETRY_S = 1.0
_DISTRUST_REST_S = 0.5


class Connection(Protocol):
    """What the hub needs of a consumer."""

    # The transport's name, for those who count.
    kind: str
    # Whether its `bye` can say when to come back.
    says_when: bool
    user_id: int
    # Where it comes from; empty where the server does not say.
    address: str
    stream: Stream
    # What it was opened by, where it is known.
    login: Login | None

    def perform(self, actions: list[Action]) -> None: ...

    def fail(self) -> None:
        """End it, whatever state its stream is in: a bug was met."""

    def abort(self) -> None:
        """Drop the connection, with whatever was not sent yet."""


class Hub:
    """One per event loop; ``current()`` gives it."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.streams: dict[int, set[Connection]] = {}
        self.timers = TimerWheel(self._tick)
        self.receipts = Receipts()
        self.access = AccessChecks(self)
        self.connection_counter = ConnectionCounter()
        self._layer = channel_layers["default"]
        self._channel = ""
        self._joined: set[str] = set()
        self._must_rejoin = False
        self._membership = asyncio.Event()
        # Whose hints are believed; None until the reconciler has looked.
        self._here: Installation | None = None
        # Users whose streams were sent what a hint said, since the reconciler last asked.
        self._hinted: set[int] = set()
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
        publisher.publisher.attach(self.loop)
        publisher.publisher.on_failure = lambda: self.poll_now()  # noqa: PLW0108 (it is set later)
        self.keep("receiving hints", self._receive)
        self.keep("joining groups", self._keep_membership)
        self.keep("the streams' timer", self.timers.run)
        for place, work in self.access.work().items():
            self.keep(place, work)

    def keep(self, place: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do endless work as long as the loop runs."""
        self._spawn(supervisor.keep(place, work))

    # --- Streams ----------------------------------------------------------------------------------

    def register(self, connection: Connection) -> None:
        """A stream is open. Register it before its first read: then no change falls in between."""
        own = self.streams.setdefault(connection.user_id, set())
        own.add(connection)
        metrics.streams_open.labels(connection.kind).inc()
        if len(own) == 1:
            self._membership.set()
        self.access.opened(connection)
        self.connection_counter.opened(connection.address)

    def unregister(self, connection: Connection) -> None:
        """A stream is gone; whoever says so again is not heard."""
        own = self.streams.get(connection.user_id, set())
        if connection not in own:
            return
        own.discard(connection)
        self.timers.cancel(connection)
        self.access.closed(connection)
        self.connection_counter.closed(connection.address)
        metrics.streams_open.labels(connection.kind).dec()
        if not own:
            del self.streams[connection.user_id]
            self._hinted.discard(connection.user_id)
            self._membership.set()

    def all_streams(self) -> list[Connection]:
        return [connection for own in self.streams.values() for connection in own]

    def perform(
        self, connection: Connection, fact: Callable[..., list[Action]], *said: Any
    ) -> list[Action]:
        """Tell a stream a fact, and have done what it decides; all work on a stream goes this way.

        A bug ends this connection, whose client comes back with its cursor, and nothing else.

        Args: fact: a method of the stream, or whatever else says what is to be done.
        """
        try:
            actions = fact(*said)
            connection.perform(actions)
        except Exception as error:  # noqa: BLE001 (nobody else shall notice)
            supervisor.report("a stream", error)
            self._give_up(connection)
            return []
        return actions

    def _give_up(self, connection: Connection) -> None:
        try:
            connection.fail()
        except Exception as error:  # noqa: BLE001 (as above)
            supervisor.report("ending a stream", error)
        self.unregister(connection)

    def _tick(self, connection: Connection, now: float) -> None:
        self.perform(connection, connection.stream.tick, now)

    # --- What the database says -------------------------------------------------------------------

    def on_revisions(
        self, epoch_tag: str, rows: Iterable[tuple[int, int]], asked_at: float = float("-inf")
    ) -> None:
        """The reconciler read where inboxes stand: user ids and revisions.

        Args: asked_at: when it began to read; what a stream was sent since then may be newer.
        """
        self._spawn(self._catch_up(epoch_tag, rows, asked_at))

    def take_hinted(self) -> set[int]:
        """Users whose streams believed a hint since this was asked last; from any thread."""
        hinted, self._hinted = self._hinted, set()
        return hinted

    async def _catch_up(
        self, epoch_tag: str, rows: Iterable[tuple[int, int]], asked_at: float
    ) -> None:
        for n, (user_id, revision) in enumerate(rows, 1):
            for connection in tuple(self.streams.get(user_id, ())):
                if self.perform(
                    connection, connection.stream.behind, epoch_tag, revision, asked_at
                ):
                    metrics.hints_healed.inc()
            if n % _BATCH == 0:
                await asyncio.sleep(0)

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
        self._membership.set()

    # --- What the channel layer says --------------------------------------------------------------

    async def _receive(self) -> None:
        """Take events from the layer for ever; nothing that it does ends this."""
        while True:
            try:
                if not self._channel:
                    self._channel = await self._layer.new_channel()
                    self._membership.set()
                event = await self._layer.receive(self._channel)
            except Exception as error:  # noqa: BLE001 (a layer may raise anything)
                log_limits.once_a_minute(
                    logger, logging.WARNING, "receive",
                    "Receiving from the channel layer failed (%s: %s); it is tried again.",
                    type(error).__name__, str(error).strip(),
                )  # fmt: skip
                # The channel is kept, or its queue would be; who is in a group may be forgotten.
                self._must_rejoin = True
                self._membership.set()
                self.poll_now()
                await asyncio.sleep(_LAYER_RETRY_S * random.uniform(0.5, 1.5))  # noqa: S311
                continue
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
                await self._tell(hints.read(body, self.streams))
        except (LookupError, TypeError, ValueError) as error:
            logger.warning("A hint that makes no sense was ignored: %r", error)

    def _distrust(self) -> None:
        """What nobody here has sealed is at most a reason to look into the database."""
        metrics.hints_refused.inc()
        log_limits.once_a_minute(
            logger, logging.WARNING, "hint refused",
            "The channel layer brought what no process of this installation sent; it was ignored. "
            "Do two installations share one Redis?",
        )  # fmt: skip
        now = time.monotonic()
        if now >= self._may_look_at:
            self._may_look_at = now + _DISTRUST_REST_S
            self.poll_now()

    async def _tell(self, told: Iterable[tuple[int, Hint]]) -> None:
        sent = 0
        for user_id, hint in told:
            for connection in tuple(self.streams.get(user_id, ())):
                self.perform(connection, connection.stream.hinted, hint, time.monotonic())
                sent += 1
                if sent % _BATCH == 0:
                    await asyncio.sleep(0)
            # Not before: whoever takes this asks the database later than the stream was told.
            self._hinted.add(user_id)

    async def _keep_membership(self) -> None:
        """Join the groups of the users who are here, and leave those of the others."""
        while True:
            await self._membership.wait()
            self._membership.clear()
            if self._channel:
                try:
                    await self._join_and_leave()
                except Exception as error:  # noqa: BLE001 (a layer may raise anything)
                    log_limits.once_a_minute(
                        logger, logging.WARNING, "join",
                        "Joining a group failed (%s: %s); it is tried again.",
                        type(error).__name__, str(error).strip(),
                    )  # fmt: skip
                    self._must_rejoin = True
                    self.poll_now()
                    await asyncio.sleep(_LAYER_RETRY_S)
                    self._membership.set()

    async def _join_and_leave(self) -> None:
        here = self._here
        if here is None:
            return
        wanted = {hints.all_hubs(here), *(hints.user_group(here, pk) for pk in self.streams)}
        missing = wanted if self._must_rejoin else wanted - self._joined
        self._must_rejoin = False
        for n, group in enumerate(missing, 1):
            async with asyncio.timeout(publisher.TIMEOUT_S):
                await self._layer.group_add(group, self._channel)
            self._joined.add(group)
            if n % _JOINS_AT_ONCE == 0:
                await asyncio.sleep(_JOINS_REST_S)
        for group in self._joined - wanted:
            self._joined.discard(group)
            async with asyncio.timeout(publisher.TIMEOUT_S):
                await self._layer.group_discard(group, self._channel)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        # A context of its own, or the tasks would keep that of the request that came first.
        task = self.loop.create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            supervisor.report("a task of the hub", error)


_current: dict[asyncio.AbstractEventLoop, Hub] = {}


def current() -> Hub:
    """The hub of the running event loop; the first call starts it."""
    loop = asyncio.get_running_loop()
    if loop not in _current:
        # They import this module.
        from notifications.push import presence  # noqa: PLC0415
        from notifications.push.reconcilers import base  # noqa: PLC0415

        _current.clear()  # a loop that has ended is of no use any more
        hub = _current[loop] = Hub()
        hub.start()
        base.start(hub)
        hub.keep("presence", presence.Presence(hub).work)
    return _current[loop]
