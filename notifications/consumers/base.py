"""What the consumers of all transports have in common: they hear, and open a stream."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer

from notifications.conf import conf
from notifications.consumers.stream_connection import Say, StreamConnection, apologise
from notifications.consumers.transports import Transport
from notifications.credentials import visitor
from notifications.process import supervisor
from notifications.push import runtime
from notifications.push.connection import Login
from notifications.push.limits import address_of
from notifications.stream.inbox_stream import InboxStream
from notifications.stream.messages import AGE_SHARES, FIRST_PING_SHARES, Limits, Send, Stream
from notifications.wire import contract
from notifications.wire.frames import Cursor

# A token is renewed while it is still good.
_RENEW_BEFORE_S = 30


class QuietConsumer(AsyncConsumer):  # type: ignore[misc]
    """Channels' consumer, without a layer of its own and without a visit to the database for each
    event: Channels would send all sockets of a process through one thread before every handler.
    """

    channel_layer_alias = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Channels', without a task of its own for each event that is waited for."""
        self.scope, self.base_send = scope, send
        with suppress(StopConsumer):
            while event := await receive():
                await self.dispatch(event)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Hand an event to its handler; a bug ends this connection, and is none of the server's."""
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            return  # a type that we do not know is none of our business
        try:
            await handler(message)
        except StopConsumer:
            raise
        except Exception as error:
            if not self.is_accepted:
                raise  # nothing was promised yet; the server refuses it
            supervisor.report("a connection", error)
            await self.fail()

    @property
    def is_accepted(self) -> bool:
        """Whether the client was told that it is let in, or will be told by us why not."""
        raise NotImplementedError

    async def fail(self) -> None:
        """End the connection: a bug was met."""
        raise NotImplementedError


class StreamConsumer(QuietConsumer):
    """A consumer that opens a stream for whom it lets in."""

    # The transport's name, and whether a client can say anything over it.
    kind = "websocket"
    is_answered = True
    # Whether a client can be told when to come back.
    says_when = True

    transport: Transport | None
    connection: StreamConnection[Any] | None

    def __init__(self) -> None:
        self.id = uuid4().hex
        # Where its frames go, once there is something to say.
        self.transport = None
        # None before it is let in; it stays so where it is refused.
        self.connection = None
        # Whether its server hands it what comes: then it goes on when its task has ended.
        self.is_listening = False

    def open_stream(self, transport: Transport, inbox_id: int, cursor: Cursor | None) -> None:
        """Begin the stream of this inbox, where the client says that it is."""
        known = visitor.of(self.scope)
        login = known.login
        self.connection = StreamConnection(
            id=self.id,
            kind=self.kind,
            says_when=self.says_when,
            inbox_id=inbox_id,
            address=address_of(self.scope),
            login=login,
            stream=self.new_stream(transport, self.limits(login)),
            transport=transport,
            say=self.voice(transport),
            say_together=self.say_together,
            hub=runtime.current(),
            came_at=known.came_at,
        )
        self.connection.open(cursor)

    def new_stream(self, transport: Transport, limits: Limits) -> Stream:
        """The stream of this connection, which has not begun."""
        return InboxStream(
            connection=self.id,
            born_at=time.monotonic(),
            server_time=lambda: contract.wire_time(datetime.now(UTC)) or "",
            limits=limits,
            buffered=transport.buffered,
        )

    def limits(self, login: Login | None) -> Limits:
        """What the settings give each connection."""
        limits = Limits(
            ping_interval_s=conf.PING_INTERVAL_S,
            first_ping_share=random.uniform(*FIRST_PING_SHARES),  # noqa: S311
            is_answered=self.is_answered,
            frames_per_s=conf.FRAME_RATE_PER_S,
            frames_burst=2 * conf.FRAME_RATE_PER_S,
        )
        return replace(limits, age_s=_age_s(login, limits))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.is_listening:
                # For an hour, maybe: of what it was opened by nothing is asked any more.
                del self.scope, self.base_send
            else:
                # A server that shuts down may never say `disconnect`.
                self.close_stream()

    def close_stream(self) -> None:
        """The connection has ended, for whatever reason."""
        if self.connection is not None:
            self.connection.close()
            # They hold each other: until garbage is looked for, had they not let go.
            self.connection = None

    @property
    def is_accepted(self) -> bool:
        return self.transport is not None

    async def fail(self) -> None:
        if self.connection is not None:
            self.connection.fail()
        elif self.transport is not None:
            apologise(self.transport, self.say if self.says_when else None)

    def voice(self, transport: Transport) -> Say:
        """What says a frame; asked for once, as long as the transport has not sent any."""
        return self.say

    def say(self, frame: bytes, _revision: int | None) -> None:
        """Send a frame, in the form that the transport has for it.

        Args: _revision: what the client holds with this frame, where the frame says so.
        """
        assert self.transport is not None  # noqa: S101 (set before there is anything to say)
        self.transport.send(frame)

    def say_together(self, sends: Sequence[Send]) -> None:
        """Send what is said at once, as ``say`` does, and in one go where the server can."""
        for send in sends:
            self.say(send.frame, send.revision)


def _age_s(login: Login | None, limits: Limits) -> float:
    """Seconds after which the client shall come back, with a fresh credential.

    Args: login: what the connection was opened by, if that is known: a token ends at its
        ``expires_at``. A session is prolonged by use; it is not the connection's age.
    """
    age_s: float = conf.CONNECTION_AGE_S * random.uniform(*AGE_SHARES)  # noqa: S311
    if login is None:
        return age_s
    if login.token_id is not None:
        ends_at, before_s = login.expires_at, _RENEW_BEFORE_S
    elif login.fresh_until is not None:
        ends_at, before_s = login.fresh_until, contract.LINGER_S
    else:
        return age_s
    left_s = (ends_at - datetime.now(UTC)).total_seconds()
    # Not before `hello` is due: nothing comes before that.
    return min(age_s, max(limits.hello_s, left_s - before_s))
