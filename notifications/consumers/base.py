"""Performs what a stream decides: sends, reads, closes. Every transport has this in common."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer

from notifications.conf import conf
from notifications.consumers.transports import Transport
from notifications.process import outages, supervisor
from notifications.process.log_limits import once_a_minute
from notifications.push import catch_up, hub
from notifications.push.access import Login
from notifications.push.batching import Batcher
from notifications.push.catch_up import Ask
from notifications.push.limits import address_of
from notifications.stream.inbox_stream import InboxStream
from notifications.stream.messages import Action, Close, Limits, Load, Loaded, Send, Stream
from notifications.wire import contract, frames
from notifications.wire.contract import CloseCode
from notifications.wire.frames import Cursor

logger = logging.getLogger(__name__)

# Above what the window lets through: two frames of content, and what is said between them.
_BUFFER_MAX_BYTES = 3 * contract.FRAME_MAX_BYTES
# Of the maximum age, each connection is given this much, so that they do not all come back at once.
_AGE_SHARE = (0.75, 1.25)

# A token is renewed while it is still good.
_RENEW_BEFORE_S = 30
_NEVER = float("inf")
# What a client hears of a bug, and when it may come back.
_FAILED, _FAILED_AFTER_MS = "The server met an error.", 2000

# The first read of each connection may come with all the others'; a later one is waited for.
_first_reads: Batcher[Ask, Loaded | None] = Batcher(catch_up.catch_up, gathers=True)
_reads: Batcher[Ask, Loaded | None] = Batcher(catch_up.catch_up)


def tell_refusal(reason: str) -> None:
    """Log why a connection gets no stream, once a minute for each reason.

    Args: reason: in words of ours, as the client is told; nothing that a client says.
    """
    once_a_minute(logger, logging.INFO, reason, "A connection was refused: %s", reason)


class QuietConsumer(AsyncConsumer):  # type: ignore[misc]
    """Channels' consumer, without a layer of its own and without a visit to the database for each
    event: Channels would send all sockets of a process through one thread before every handler.
    """

    channel_layer_alias = None

    async def dispatch(self, message: dict[str, Any]) -> None:
        handler = getattr(self, get_handler_name(message), None)
        if handler is not None:  # a type that we do not know is none of our business
            await handler(message)


class StreamConsumer(QuietConsumer):
    """A consumer with a stream: what the stream decides is done here."""

    # The transport's name, and whether a client can say anything over it.
    kind = "websocket"
    is_answered = True
    # Whether a client can be told when to come back.
    says_when = True

    user_id: int
    address = ""
    login: Login | None
    stream: Stream
    transport: Transport

    def open_stream(self, user_id: int, cursor: Cursor | None) -> None:
        """Begin the stream of this user's inbox, where the client says that it is."""
        self.hub = hub.current()
        self.user_id = user_id
        self.address = address_of(self.scope)
        self.login = self.scope.get("login")
        self.stream = self.new_stream()
        self._scheduled_at = _NEVER
        self._receipt = ("", 0)
        self._is_closed = False
        self._reading: asyncio.Future[Loaded | None] | None = None
        # Before the first read: a change in between comes twice then, and not never.
        self.hub.register(self)
        self.hub.perform(self, self.stream.open, cursor)

    def refusal(self, user_id: int) -> str | None:
        """Why this connection is one too many for its user or address, if it is."""
        here = hub.current()
        return here.connection_counter.refusal(
            address_of(self.scope), here.streams.get(user_id, ())
        )

    def new_stream(self) -> Stream:
        """The stream of this connection, which has not begun."""
        return InboxStream(
            connection=uuid4().hex,
            born_at=time.monotonic(),
            server_time=lambda: contract.wire_time(datetime.now(UTC)) or "",
            limits=self.limits(),
            buffered=self.transport.buffered,
        )

    def limits(self) -> Limits:
        """What the settings give each connection."""
        ping_interval_s = conf.PING_INTERVAL_S
        limits = Limits(
            ping_interval_s=ping_interval_s,
            is_answered=self.is_answered,
            frames_per_s=conf.FRAME_RATE_PER_S,
            frames_burst=2 * conf.FRAME_RATE_PER_S,
        )
        return replace(limits, age_s=_age_s(self.scope.get("login"), limits))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # A server that shuts down may never say `disconnect`.
            self.close_stream()

    def close_stream(self) -> None:
        """The connection has ended, for whatever reason."""
        if hasattr(self, "stream"):
            self._is_closed = True
            if self._reading is not None:
                self._reading.cancel()  # then the database need not be asked
            self.hub.unregister(self)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """QuietConsumer's; a bug ends this connection, and is no exception of the server's."""
        try:
            await super().dispatch(message)
        except StopConsumer:
            raise
        except Exception as error:
            if not hasattr(self, "transport"):
                raise  # nothing was promised yet; the server refuses it
            supervisor.report("a connection", error)
            self.fail()

    def fail(self) -> None:
        """End it, whatever state its stream is in: a bug was met. The client comes back."""
        try:
            if self.says_when:
                said = frames.bye(CloseCode.OVERLOADED, _FAILED, _FAILED_AFTER_MS)
                self.say(Send(said))
            self.transport.close(CloseCode.OVERLOADED, _FAILED)
        except Exception as error:  # noqa: BLE001 (then less politely)
            supervisor.report("ending a connection", error)
            self.transport.abort()
        finally:
            self.close_stream()

    def abort(self) -> None:
        """Drop the connection, with whatever was not sent yet."""
        self.transport.abort()

    def perform(self, actions: list[Action]) -> None:
        """Do what the stream has decided, in this order; nothing here waits."""
        if self._is_closed:
            return  # a read that was under way: its answer must not bring the timer back to life
        if self.transport.buffered() > _BUFFER_MAX_BYTES:
            # It asks and asks, and never reads what it is answered; a close would queue up too.
            self.transport.abort()
            return
        for action in actions:
            if isinstance(action, Send):
                self.say(action)
            elif isinstance(action, Load):
                reads = _reads if self.stream.epoch_tag else _first_reads
                self._reading = reads.ask(Ask(self.user_id, action.cursor))
                self._reading.add_done_callback(self._loaded)
            elif isinstance(action, Close):
                self.transport.close(action.code, action.reason)
        self._tell_receipt()
        deadline = self.stream.deadline()
        if deadline == _NEVER:
            return
        if deadline < self._scheduled_at or self._scheduled_at <= time.monotonic():
            self._scheduled_at = deadline
            self.hub.timers.schedule(self, deadline)

    def _tell_receipt(self) -> None:
        """Pass on what the client says it holds: by a pong, or by the cursor that it came with."""
        epoch_tag, revision = self.stream.epoch_tag, self.stream.acknowledged
        if (epoch_tag, revision) != self._receipt:
            self._receipt = (epoch_tag, revision)
            if revision:
                self.hub.receipts.tell(self.user_id, epoch_tag, revision)

    def say(self, said: Send) -> None:
        """Send a frame, in the form that the transport has for it."""
        self.transport.send(said.frame)

    def _loaded(self, answer: asyncio.Future[Loaded | None]) -> None:
        now = time.monotonic()
        if answer.cancelled():
            return
        if (error := answer.exception()) is not None:
            outages.tell(logger, error, "An inbox could not be read")
            self.hub.perform(self, self.stream.failed, now)
        elif (found := answer.result()) is None:
            said = (CloseCode.SIGNED_OUT, "The user is gone.", now)
            self.hub.perform(self, self.stream.end, *said)
        else:
            self.hub.perform(self, self.stream.loaded, found, now)


def _age_s(login: Any, limits: Limits) -> float:
    """Seconds after which the client shall come back, with a fresh credential.

    Args: login: what the connection was opened by, if the scope says so: a token ends at its
        ``expires_at``. A session is prolonged by use; it is not the connection's age.
    """
    age_s: float = conf.CONNECTION_AGE_S * random.uniform(*_AGE_SHARE)  # noqa: S311
    if getattr(login, "token_id", None) is None:
        return age_s
    left_s: float = (login.expires_at - datetime.now(UTC)).total_seconds()
    # Not before `hello` is due: nothing comes before that.
    return min(age_s, max(limits.hello_s, left_s - _RENEW_BEFORE_S))
