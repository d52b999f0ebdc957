"""What push needs of a connection, and of what it was opened by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from notifications.stream.messages import Action, Stream
from notifications.stream.outgoing import Outgoing


class Login(Protocol):
    """What a stream was opened by: a session, or a token."""

    @property
    def user(self) -> Any: ...

    @property
    def session_key(self) -> str | None: ...

    @property
    def token_id(self) -> int | None: ...

    @property
    def expires_at(self) -> datetime: ...

    @property
    def fresh_until(self) -> datetime | None: ...


class Connection(Protocol):
    """A consumer, as whoever has something for its stream knows it."""

    # The transport's name, for those who count.
    kind: str
    # Whether its `bye` can say when to come back.
    says_when: bool
    inbox_id: int
    # Where it comes from; empty where the server does not say.
    address: str
    # What it was opened by, where it is known.
    login: Login | None
    # When it came (monotonic seconds), before that was looked up; None: nobody has noted it.
    came_at: float | None

    @property
    def fields(self) -> Mapping[str, object]:
        """What an event of the log says beside its message: which connection, whose, where."""

    @property
    def stream(self) -> Stream: ...

    @property
    def outgoing(self) -> Outgoing:
        """The stream's: what it was sent, which may take a change at once."""

    def perform(self, actions: list[Action]) -> None: ...

    def note(self, revision: int) -> None:
        """Write down that a change was taken, of which ``outgoing`` knows nobody who has."""

    def say(self, frame: bytes, revision: int | None, /) -> None:
        """Send what was taken."""

    def fail(self) -> None:
        """End it, whatever state its stream is in: a bug was met."""

    def abort(self) -> None:
        """Drop the connection, with whatever was not sent yet."""


class Connections(Protocol):
    """Those that are open in this process, by inbox, and the one way to do something to them."""

    @property
    def streams(self) -> Mapping[int, tuple[Connection, ...]]: ...

    def all_streams(self) -> list[Connection]: ...

    def perform(
        self, connection: Connection, fact: Callable[..., list[Action]], *values: Any
    ) -> list[Action]: ...

    def meets_bug(self, connection: Connection, error: Exception) -> None: ...
