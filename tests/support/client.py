"""A client of `notifications.v1` over WebSocket, written from the protocol's page alone.

It knows nothing of the server's code. Beside holding an inbox it is a judge: whatever a server
sends that the page does not allow is written into ``SocketClient.violations``.
"""

from __future__ import annotations

import asyncio
import copy
import json
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from websockets.asyncio.client import ClientConnection

# Far more than anything here takes, so that a slow machine is not a failure.
PATIENCE_S = 60
SUBPROTOCOL = "notifications.v1"

FRAME_MAX_BYTES = 128 * 1024
SNAPSHOT_SIZE = 50
RESUME_PAUSE_S = 1.0
# With these the stream goes on after the `bye`.
LINGERING = {4200, 4202}
ERROR_CODES = {"bad_json", "bad_shape", "bad_value", "too_deep", "too_large", "binary"}
# What RFC 6455 has the WebSocket layer itself say, before any frame of the protocol.
LAYER_CODES = {1002, 1007, 1009}

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_LEVELS = {"info", "success", "warning", "critical"}

Frame = dict[str, Any]


class Refused(Exception):
    """The handshake or request was answered with an HTTP status that opens nothing."""

    def __init__(self, status: int, headers: Any = (), body: bytes = b"") -> None:
        super().__init__(f"HTTP {status}: {body[:300]!r}")
        self.status = status
        self.headers = {name.lower(): value for name, value in dict(headers).items()}
        self.body = body


@dataclass
class InboxState:
    """What a client holds (section 3 of the protocol). No I/O, no clock."""

    epoch: str | None = None
    revision: int = 0
    notifications: dict[str, Frame] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: {"unread": 0, "unseen": 0})
    # Whether older ones are listed that are not held.
    more: bool = False
    # After a gap changes are ignored, until what was asked for has come.
    awaits_resume: bool = False

    def apply(self, frame: Frame) -> bool:
        """Take a frame in; whether it shows a gap, so that a `resume` must be sent."""
        kind = frame["type"]
        if kind == "snapshot":
            self._replace(frame)
        elif kind == "changes":
            return self._change(frame)
        elif kind in {"ping", "synced"}:
            if kind == "synced":
                self.awaits_resume = False
            if frame["revision"] > self.revision and not self.awaits_resume:
                self.awaits_resume = True
                return True
        return False

    def copy(self) -> InboxState:
        return copy.deepcopy(self)

    def listed(self) -> list[Frame]:
        """What a list shows, newest first."""
        found = [
            one
            for one in self.notifications.values()
            if one["archived_at"] is None and one["snoozed_until"] is None
        ]
        return sorted(found, key=lambda one: (one["arrived_revision"], int(one["id"])))[::-1]

    def titles(self) -> list[str]:
        return [one["title"] for one in self.listed()]

    def recount(self) -> dict[str, int]:
        """The counts by what is held; those of the server where everything listed is held."""
        unread = [one for one in self.listed() if one["read_at"] is None]
        return {"unread": len(unread), "unseen": sum(one["seen_at"] is None for one in unread)}

    def _replace(self, frame: Frame) -> None:
        self.epoch, self.revision = frame["epoch"], frame["revision"]
        self.notifications = {one["id"]: one for one in frame["notifications"]}
        self.removed = set()
        self.counts, self.more = frame["counts"], frame["more"]
        self.awaits_resume = False

    def _change(self, frame: Frame) -> bool:
        if frame["revision"] <= self.revision:
            return False
        if frame["since"] > self.revision:
            asks = not self.awaits_resume
            self.awaits_resume = True
            return asks
        self.awaits_resume = False
        for one in frame["notifications"]:
            self._hold(one)
        for gone in frame["removed"]:
            self.notifications.pop(gone, None)
            self.removed.add(gone)
        self.revision = frame["revision"]
        self.counts = frame.get("counts", self.counts)
        return False

    def _hold(self, one: Frame) -> None:
        held = self.notifications.get(one["id"])
        if one["id"] in self.removed or (held and held["revision"] > one["revision"]):
            return
        if held is None and self.more and self._is_older_than_all(one):
            return
        self.notifications[one["id"]] = one

    def _is_older_than_all(self, one: Frame) -> bool:
        arrived = [held["arrived_revision"] for held in self.notifications.values()]
        return bool(arrived) and one["arrived_revision"] < min(arrived)


class LoopThread:
    """The event loop of all clients, on a thread of its own: tests themselves are synchronous."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="clients", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, Any], within_s: float = PATIENCE_S) -> Any:
        """What the coroutine returns or raises; it is cancelled where that takes longer."""
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result(within_s)
        except TimeoutError:
            future.cancel()
            raise


class Waiting:
    """Something that happens on the clients' loop, and that a test waits for."""

    def __init__(self, clients: LoopThread) -> None:
        # Code and reason of how it ended (1006: the server said neither), once it has.
        self.closed: tuple[int, str] | None = None
        self._clients = clients
        self._changed = threading.Condition()

    def until(self, condition: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> Any:
        """Wait until ``condition`` holds, and return what it gave; looked at after each message.

        Raises: TimeoutError. ConnectionError: the connection has ended, and it does not hold.
        """
        deadline = time.monotonic() + within_s
        with self._changed:
            while not (value := condition()):
                if self.closed is not None:
                    raise ConnectionError(f"Closed before: {what}. {self}")
                if not self._changed.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"Not within {within_s} s: {what}. {self}")
        return value

    def until_closed(self, within_s: float = PATIENCE_S) -> int:
        """The close code of the server."""
        code, _ = self.until(lambda: self.closed, "the server closes", within_s)
        return int(code)


class Socket(Waiting):
    """Any WebSocket: sends and records messages, and how it ended."""

    def __init__(
        self,
        clients: LoopThread,
        url: str,
        *,
        origin: str | None = None,
        subprotocols: Sequence[str] = (),
        headers: Iterable[tuple[str, str]] = (),
        address: tuple[str, int] | None = None,
        reads: bool = True,
        receive_buffer_bytes: int | None = None,
    ) -> None:
        """Args: address: where to connect to instead of the host that ``url`` names. reads: else
        it takes nothing from the kernel until ``read_on``. receive_buffer_bytes: the kernel's.
        """
        Waiting.__init__(self, clients)
        self.messages: list[str | bytes] = []
        self._options: dict[str, Any] = {
            "origin": origin,
            "subprotocols": list(subprotocols) or None,
            "additional_headers": list(headers),
        }
        if address:
            self._options |= {"host": address[0], "port": address[1]}
        self._url = url
        self._reads = reads
        self._receive_buffer_bytes = receive_buffer_bytes
        self._connection: ClientConnection

    def open(self, within_s: float = PATIENCE_S) -> Self:
        """Raises: Refused: the server answered the handshake with an HTTP status."""
        self._clients.run(self._open(), within_s)
        return self

    @property
    def subprotocol(self) -> str | None:
        return self._connection.subprotocol

    @property
    def extensions(self) -> list[Any]:
        return list(self._connection.protocol.extensions)

    def send(self, *frames: Frame | str | bytes) -> None:
        """Send objects as JSON, str as text, bytes as binary; all of them in one go."""
        self._clients.run(self._send([_message(frame) for frame in frames]))

    def send_as_text(self, payload: bytes) -> None:
        """Send a text message with these bytes, be they UTF-8 or not."""
        self._clients.run(self._connection.send(payload, text=True))

    def send_fragments(self, *parts: str) -> None:
        """Send one message in so many frames."""
        self._clients.run(self._connection.send(parts))

    def close(self) -> None:
        """Close, and wait until the server has said so too."""
        self.read_on()
        self._clients.run(self._connection.close())
        self.until(lambda: self.closed, "the connection ends")

    def abort(self) -> None:
        """Vanish, without a close frame."""
        self._clients.loop.call_soon_threadsafe(self._connection.transport.abort)
        self.until(lambda: self.closed, "the connection ends")

    def pause_reading(self) -> None:
        """Take nothing more from the kernel, until ``read_on``."""
        self._clients.loop.call_soon_threadsafe(self._connection.transport.pause_reading)

    def read_on(self) -> None:
        """Take from the kernel what has come, and will come."""
        self._clients.loop.call_soon_threadsafe(self._connection.transport.resume_reading)

    @property
    def local_port(self) -> int:
        port: int = self._connection.local_address[1]
        return port

    def __str__(self) -> str:
        last = "\n  ".join(str(message)[:300] for message in self.messages[-8:])
        return f"{self._url}, closed: {self.closed}, {len(self.messages)} messages:\n  {last}"

    async def _open(self) -> None:
        options = dict(self._options)
        if self._receive_buffer_bytes is not None:
            options["sock"] = await self._connect(self._receive_buffer_bytes)
        try:
            self._connection = await connect(
                self._url,
                **options,
                compression=None,
                user_agent_header=None,
                proxy=None,
                open_timeout=PATIENCE_S,
                # Heartbeats are the protocol's.
                ping_interval=None,
                max_size=None,
                max_queue=None,
            )
        except InvalidStatus as error:
            raise Refused(error.response.status_code) from None
        if not self._reads:
            self._connection.transport.pause_reading()
        self._reader = asyncio.ensure_future(self._read())

    async def _connect(self, receive_buffer_bytes: int) -> socket.socket:
        parts = urlsplit(self._url)
        connected = socket.socket()
        connected.setblocking(False)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        address = (parts.hostname, parts.port)
        await asyncio.get_running_loop().sock_connect(connected, address)
        return connected

    async def _read(self) -> None:
        while True:
            try:
                message = await self._connection.recv()
            except ConnectionClosed as error:
                received = error.rcvd
                ended = (received.code, received.reason) if received else (1006, "")
                break
            with self._changed:
                self.messages.append(message)
                self._received(message)
                self._changed.notify_all()
        with self._changed:
            self.closed = ended
            self._ended()
            self._changed.notify_all()

    async def _send(self, messages: list[str | bytes]) -> None:
        try:
            for message in messages:
                await self._connection.send(message)
        except ConnectionClosed:
            pass  # whoever sends looks at ``closed``

    def _received(self, message: str | bytes) -> None:
        """A message has come; on the loop."""

    def _ended(self) -> None:
        """The connection has ended; on the loop."""


class Holder(Waiting):
    """Holds an inbox by the frames that come, over whatever transport, and judges them."""

    def __init__(self, clients: LoopThread, state: InboxState | None, *, judges: bool) -> None:
        """Args: state: what it holds already. judges: else what comes is not looked at."""
        super().__init__(clients)
        self.state = state.copy() if state else InboxState()
        self.frames: list[Frame] = []
        # When each came, by the monotonic clock.
        self.came_at: list[float] = []
        self.violations: list[str] = []
        # The state after each frame that changed it, by revision, of the present epoch.
        self.history: dict[int, InboxState] = {}
        self.keeps_history = False
        # How often it was told that it is up to date.
        self.synced_times = 0
        self._judges = judges
        self._judge = Judge(self.state.revision, self.violations)

    def of_type(self, kind: str) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == kind]

    @property
    def hello(self) -> Frame:
        frame: Frame = self.until(lambda: self.of_type("hello"), "hello comes")[0]
        return frame

    @property
    def bye(self) -> Frame:
        frame: Frame = self.until(lambda: self.of_type("bye"), "bye comes")[0]
        return frame

    def until_synced(self, times: int = 1) -> Self:
        self.until(lambda: self.synced_times >= times, f"it is synced, {times} times")
        return self

    def until_revision(self, revision: int, within_s: float = PATIENCE_S) -> Self:
        """Wait until it holds at least this revision."""
        self.until(lambda: self.state.revision >= revision, f"revision {revision}", within_s)
        return self

    def _take(self, frame: Frame, size_bytes: int) -> bool:
        """Judge a frame and apply it; whether it shows a gap."""
        self.frames.append(frame)
        self.came_at.append(time.monotonic())
        if self._judges:
            self._judge.judge(frame, size_bytes)
        if frame["type"] == "hello" and self.state.epoch is None:
            self.state.epoch = frame["epoch"]
        before = self.state.revision
        has_gap = self.state.apply(frame)
        self.synced_times += frame["type"] == "synced"
        if frame["type"] in {"changes", "snapshot"}:
            self._look_at_counts(frame)
            if self.keeps_history and self.state.revision != before:
                self.history[self.state.revision] = self.state.copy()
        return has_gap

    def _look_at_counts(self, frame: Frame) -> None:
        whole = not (self.state.more or self.state.awaits_resume or frame.get("partial"))
        if whole and self.state.counts != self.state.recount():
            self.violations.append(
                f"counts {self.state.counts} at {self.state.revision}, held: {self.state.recount()}"
            )


class SocketClient(Socket, Holder):
    """Holds an inbox over a WebSocket: also answers pings, and resumes after a gap."""

    def __init__(
        self,
        clients: LoopThread,
        url: str,
        *,
        state: InboxState | None = None,
        query: str | None = None,
        answers_pings: bool = True,
        judges: bool = True,
        subprotocols: Sequence[str] = (SUBPROTOCOL,),
        **options: Any,
    ) -> None:
        """Args: state: what it holds already, whose cursor goes into the URL. query: of the URL."""
        if query is None and state is not None and state.epoch is not None:
            query = f"epoch={state.epoch}&since={state.revision}"
        Holder.__init__(self, clients, state, judges=judges)
        Socket.__init__(
            self, clients, f"{url}?{query}" if query else url, subprotocols=subprotocols, **options
        )
        self.answers_pings = answers_pings
        self._resumed_at = -RESUME_PAUSE_S

    def until_answered(self) -> Self:
        """Wait until the server has dealt with all that was sent: until it answers a ping."""
        before = len(self.of_type("pong"))
        self.send({"type": "ping"})
        self.until(lambda: len(self.of_type("pong")) > before, "the server answers a ping")
        return self

    def pong(self, revision: int | None = None, epoch: str | None = None) -> None:
        self.send(
            {
                "type": "pong",
                "epoch": self.state.epoch if epoch is None else epoch,
                "revision": self.state.revision if revision is None else revision,
            }
        )

    def resume(self, since: int | None = None, epoch: str | None = None) -> None:
        """Ask to be brought up to date from there; by default from nothing."""
        self.send(self._resume(epoch, since))

    def _received(self, message: str | bytes) -> None:
        if not isinstance(message, str):
            self.violations.append(f"a binary message: {message[:100]!r}")
            return
        frame = parse(message)
        if self._take(frame, len(message.encode())):
            self._resume_when_allowed()
        if frame["type"] == "ping" and self.answers_pings:
            pong = {"type": "pong", "epoch": self.state.epoch, "revision": self.state.revision}
            self._later(pong)

    def _ended(self) -> None:
        assert self.closed is not None
        if self._judges:
            self._judge.ended(self.closed[0])

    def _resume_when_allowed(self) -> None:
        loop = self._clients.loop
        wait_s = max(0.0, self._resumed_at + RESUME_PAUSE_S - loop.time())
        self._resumed_at = loop.time() + wait_s
        frame = self._resume(self.state.epoch, self.state.revision)
        loop.call_later(wait_s, self._later, frame)

    def _resume(self, epoch: str | None, since: int | None) -> Frame:
        self._judge.resumes(since)
        return {"type": "resume", "epoch": epoch, "since": since}

    def _later(self, frame: Frame) -> None:
        sending = asyncio.ensure_future(self._send([_message(frame)]))
        sending.add_done_callback(lambda _: None)


class Judge:
    """Compares what a server sends on one connection with what the protocol's page says."""

    def __init__(self, cursor: int, violations: list[str], epoch: str | None = None) -> None:
        """Args: epoch: of an answer that says so itself, and needs no hello."""
        self._violations = violations
        self._types: list[str] = ["hello"] if epoch else []
        # The revision of the last frame; and of each cursor given that is not answered yet: a
        # server begins there, or at 0 where it is of no use.
        self._position: int | None = None
        self._cursors = [{cursor, 0}]
        self._resume_count = 0
        self._epoch = epoch or ""
        self._gone: set[str] = set()
        self._farewell: Frame | None = None
        self._splits = False

    def resumes(self, since: int | None) -> None:
        self._resume_count += 1
        self._cursors.append({since or 0, 0})

    def judge(self, frame: Frame, size: int) -> None:
        kind = frame["type"]
        if not self._types and kind not in {"hello", "bye"}:
            self._object(f"the first frame is {kind}")
        if self._farewell and self._farewell["code"] not in LINGERING:
            self._object(f"{kind} after bye {self._farewell['code']}")
        self._types.append(kind)
        try:
            getattr(self, f"_{kind}", lambda *_: None)(frame, size)
        except (KeyError, TypeError, AttributeError) as error:
            self._object(f"{frame} has no such shape: {error!r}")

    def ended(self, code: int) -> None:
        """The server closed with ``code``; 1006 where it did not, or it was the client."""
        if self._farewell is None:
            if code not in {1000, 1001, 1005, 1006, *LAYER_CODES}:
                self._object(f"closed with {code}, and no bye before")
        elif self._farewell["code"] not in {code, *LINGERING}:
            self._object(f"bye {self._farewell['code']}, but closed with {code}")

    # --- Frames -----------------------------------------------------------------------------------

    def _hello(self, frame: Frame, _size: int) -> None:
        if self._types != ["hello"]:
            self._object("a second hello")
        shape = {
            "protocol": int, "connection": str, "user": str, "server_time": str, "epoch": str,
            "revision": int, "floor": int, "ping_interval_s": (int, float), "max_frame_bytes": int,
        }  # fmt: skip
        for name, kind in shape.items():
            if not isinstance(frame[name], kind):
                self._object(f"hello: {name} is {frame[name]!r}")
        if frame["protocol"] != 1 or not _TIME.fullmatch(frame["server_time"]):
            self._object(f"hello: {frame}")
        if not 0 <= frame["floor"] <= frame["revision"]:
            self._object(f"hello: floor {frame['floor']}, revision {frame['revision']}")
        self._epoch = frame["epoch"]

    def _snapshot(self, frame: Frame, size: int) -> None:
        self._is_of_size(frame, size)
        if frame["epoch"] != self._epoch:
            self._epoch, self._gone = frame["epoch"], set()
        order = [(one["arrived_revision"], int(one["id"])) for one in frame["notifications"]]
        if order != sorted(order, reverse=True) or len(order) > SNAPSHOT_SIZE:
            self._object(f"snapshot in the order {order}")
        for one in frame["notifications"]:
            self._notification(one, 0, frame["revision"])
            if one["archived_at"] or one["snoozed_until"]:
                self._object(f"snapshot: {one['id']} is not listed")
        if not isinstance(frame["more"], bool) or set(frame["counts"]) != {"unread", "unseen"}:
            self._object(f"snapshot: more {frame['more']}, counts {frame['counts']}")
        self._position = frame["revision"]

    def _changes(self, frame: Frame, size: int) -> None:
        self._is_of_size(frame, size)
        since, revision = frame["since"], frame["revision"]
        if since not in self._may_begin_at():
            self._object(f"changes since {since}, where {self._may_begin_at()} was")
        if since >= revision:
            self._object(f"changes from {since} to {revision}")
        partial = frame.get("partial", False)
        if partial == ("counts" in frame):
            self._object(f"changes: partial is {partial}, counts are {frame.get('counts')}")
        self._position = revision
        self._splits = partial
        self._changed(frame)

    def _changed(self, frame: Frame) -> None:
        changed = frame["notifications"]
        for one in changed:
            self._notification(one, frame["since"], frame["revision"])
        order = [one["revision"] for one in changed]
        if order != sorted(order):
            self._object(f"changes in the order {order}")
        ids = [one["id"] for one in changed] + frame["removed"]
        if len(ids) != len(set(ids)):
            self._object(f"changes name one twice: {ids}")
        if again := self._gone & {one["id"] for one in changed}:
            self._object(f"removed ones came back: {again}")
        self._gone |= set(frame["removed"])

    def _synced(self, frame: Frame, _size: int) -> None:
        if self._splits:
            self._object("synced after a part of changes")
        if frame["revision"] not in self._may_begin_at():
            self._object(f"synced at {frame['revision']}, where {self._may_begin_at()} was")
        # Nobody asks for the snapshot of a new epoch.
        owed = 1 + self._resume_count + self._types.count("snapshot")
        if self._types.count("synced") > owed:
            self._object(f"more than {owed} synced")
        self._position = frame["revision"]
        if self._cursors:
            self._cursors.pop(0)

    def _ping(self, frame: Frame, _size: int) -> None:
        if frame["revision"] not in self._may_begin_at():
            self._object(f"ping at {frame['revision']}, where {self._may_begin_at()} was")

    _pong = _ping

    def _error(self, frame: Frame, _size: int) -> None:
        if frame["code"] not in ERROR_CODES or not isinstance(frame["message"], str):
            self._object(f"{frame}")
        if frame["temporary"] not in {True, False}:
            self._object(f"{frame}")

    def _bye(self, frame: Frame, _size: int) -> None:
        if frame["reconnect"] is not (frame["code"] >= 4100) or frame["after_ms"] < 0:
            self._object(f"{frame}")
        if not isinstance(frame["reason"], str):
            self._object(f"{frame}")
        self._farewell = frame

    def _notification(self, one: Frame, after: int, upto: int) -> None:
        faults = [name for name, is_good in _NOTIFICATION.items() if not is_good(one[name])]
        if faults:
            self._object(f"notification: {[(name, one[name]) for name in faults]}")
        if not after < one["revision"] <= upto or one["arrived_revision"] > one["revision"]:
            self._object(
                f"notification {one['id']} of {one['arrived_revision']}, {one['revision']}, "
                f"in a frame from {after} to {upto}"
            )

    def _is_of_size(self, frame: Frame, size: int) -> None:
        if size > FRAME_MAX_BYTES:
            self._object(f"{frame['type']} of {size} bytes")

    def _may_begin_at(self) -> set[int]:
        cursors = {cursor for given in self._cursors for cursor in given}
        return cursors if self._position is None else cursors | {self._position}

    def _object(self, what: str) -> None:
        self._violations.append(what[:500])


def _is_text(most: int, *, least: int = 0) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and least <= len(value) <= most


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def _or_null(is_good: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or is_good(value)


def _is_revision(value: Any) -> bool:
    return type(value) is int and 1 <= value < 2**53


def _are_actions(value: Any) -> bool:
    return len(value) <= 2 and all(set(action) >= {"label", "url"} for action in value)


_NOTIFICATION: dict[str, Callable[[Any], bool]] = {
    "id": _is_text(64, least=1),
    "revision": _is_revision,
    "arrived_revision": _is_revision,
    "arrived_at": _is_moment,
    "title": _is_text(200, least=1),
    "body": _is_text(500),
    "body_truncated": lambda value: isinstance(value, bool),
    "level": lambda value: value in _LEVELS,
    "category": _is_text(64, least=1),
    "url": _or_null(_is_text(2000, least=1)),
    "actions": _are_actions,
    "sender": _or_null(_is_text(100)),
    "thread": _or_null(_is_text(200)),
    "data": lambda value: isinstance(value, dict),
    "woken": lambda value: isinstance(value, bool),
    "created_at": _is_moment,
    "seen_at": _or_null(_is_moment),
    "read_at": _or_null(_is_moment),
    "archived_at": _or_null(_is_moment),
    "snoozed_until": _or_null(_is_moment),
    "expires_at": _or_null(_is_moment),
}


def parse(text: str | bytes) -> Any:
    """JSON, and none of what only Python reads."""
    return json.loads(text, parse_constant=_no_constant)


def _message(frame: Frame | str | bytes) -> str | bytes:
    return frame if isinstance(frame, str | bytes) else json.dumps(frame)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")
