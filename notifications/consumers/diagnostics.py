"""`/ws/diagnostics/`: what the server saw of a handshake, or the events of a run as they happen."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from channels.exceptions import StopConsumer

from notifications.conf import conf
from notifications.consumers import admission
from notifications.consumers.admission import Refusal
from notifications.consumers.base import QuietConsumer
from notifications.consumers.transports import HANDSHAKE, Transport, transport_of
from notifications.credentials import visitor
from notifications.process import supervisor
from notifications.wire import frames, heads, runs
from notifications.wire.contract import CloseCode
from notifications.wire.runs import Run

# Who asks for its handshake alone, or has heard the end of a run, goes by itself; or is told to.
_STAYS_S = 5.0

# Of this process: by whom a run is followed. One at a time for each user.
_following: dict[Any, DiagnosticsConsumer] = {}


class DiagnosticsConsumer(QuietConsumer):
    """One socket of one signed-in user. Nothing that it is sent counts; it ends by itself."""

    def __init__(self) -> None:
        self._transport: Transport | None = None
        self._run: Run | None = None
        self._told = 0
        self._timer: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # A server that shuts down may never say `disconnect`.
            self._forget()

    async def websocket_connect(self, _event: dict[str, Any]) -> None:
        # Before any close: a browser never sees the code of a handshake that is refused.
        await self.send({"type": "websocket.accept"})
        self._transport = transport_of(self.scope, self.base_send)
        verdict = admission.admit(self.scope, what="connections were opened")
        if isinstance(verdict, Refusal):
            self._end(verdict.code, verdict.reason, verdict.after_ms)
        elif not conf.DIAGNOSTICS:
            self._end(CloseCode.NOT_ALLOWED, "Diagnostics are turned off here.")
        else:
            self._begin()

    async def websocket_disconnect(self, _event: dict[str, Any]) -> None:
        self._forget()
        raise StopConsumer

    @property
    def is_accepted(self) -> bool:
        return self._transport is not None

    async def fail(self) -> None:
        self._end(CloseCode.OVERLOADED, "The server met an error.")

    def _begin(self) -> None:
        asked = parse_qs(self.scope["query_string"].decode("latin-1")).get("run")
        if asked is None:
            self._say({"type": "handshake", "connection": uuid4().hex, **self._handshake()})
            self._in(_STAYS_S, self._end_of_stay)
            return
        user_id = visitor.of(self.scope).user.pk
        run = runs.read(asked[0], user_id, _now_ms())
        if run is None:
            self._end(CloseCode.NOT_ALLOWED, "There is no such run of yours, or it is over.")
        elif user_id in _following:
            self._end(CloseCode.TOO_MANY_CONNECTIONS, "A user follows one run at a time.")
        elif len(_following) >= conf.DIAGNOSTICS_RUNS_MAX:
            self._end(CloseCode.OVERLOADED, "The server follows as many runs as it may.")
        else:
            self._follow(user_id, run)

    def _handshake(self) -> dict[str, Any]:
        """What crossed the wire before the first frame, in both directions."""
        told = self.scope.get("extensions", {}).get(HANDSHAKE)
        answer = told() if told is not None else heads.accepting(self.scope)
        return {
            "request": heads.of_request(self.scope),
            "response": heads.of_answer(answer),
            # Another server may have said more than it must.
            "is_exact": told is not None,
        }

    def _follow(self, user_id: Any, run: Run) -> None:
        self._run = run
        _following[user_id] = self
        handshake = self._handshake()
        self._say(
            {
                "type": "begin",
                "up": handshake["request"]["bytes"],
                "down": handshake["response"]["bytes"],
                "is_exact": handshake["is_exact"],
            }
        )
        self._tell()

    def _tell(self) -> None:
        """Say what has happened, and come back for the next, or for the end."""
        run = self._run
        if run is None:
            return  # it has ended meanwhile
        now_ms = _now_ms()
        for event in run.due(self._told, now_ms):
            self._told = event.id
            self._say({"type": "event", "id": event.id, "at_ms": event.at_ms})
        left = run.events[self._told :]
        if left:
            self._in((left[0].at_ms - now_ms) / 1000, self._tell)
        elif now_ms < run.ends_ms:
            self._in((run.ends_ms - now_ms) / 1000, self._tell)
        else:
            self._say({"type": "end"})
            self._in(_STAYS_S, self._end_of_stay)

    def _in(self, seconds: float, call: Any) -> None:
        loop = asyncio.get_running_loop()
        # Not before: what happens in a moment has not happened yet.
        wait_s = max(0.001, seconds)
        self._timer = loop.call_later(wait_s, supervisor.attempt, "diagnostics", call)

    def _end_of_stay(self) -> None:
        self._end(CloseCode.RENEW, "This connection is for a moment only.")

    def _say(self, frame: dict[str, Any]) -> None:
        assert self._transport is not None  # noqa: S101 (set before there is anything to say)
        self._transport.send(frames.encode(frame))

    def _end(self, code: CloseCode, reason: str, after_ms: int = 0) -> None:
        self._forget()
        if self._transport is not None:
            self._transport.send(frames.bye(code, reason, after_ms))
            self._transport.close(code, reason)

    def _forget(self) -> None:
        self._run = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for user_id in [one for one, consumer in _following.items() if consumer is self]:
            del _following[user_id]


def _now_ms() -> int:
    return round(time.time() * 1000)
