"""What a process takes in of requests: no body that is too large, of all not too much, none slowly.

Django and Daphne take in whole bodies before anybody looks at them, or at who sends them.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from notifications.conf import conf
from notifications.consumers.responses import whole
from notifications.process import metrics
from notifications.wire import problems

# Of all requests that have not been answered yet.
ALL_MAX_BYTES = 64 * 1024 * 1024
# Seconds for the rest of a body that is not wanted any more: who is cut off amid it may never read
# why.
REST_S = 5.0
_RETRY_S = 5


class Body:
    """That of one request, as far as it has come."""

    def __init__(self, drop: Callable[[], None]) -> None:
        """Args: drop: ends its connection at once."""
        self.drop = drop
        self.bytes = 0
        self.is_whole = False


class Bodies:
    """Those that this process holds."""

    def __init__(self) -> None:
        # The oldest first.
        self._held: dict[Body, None] = {}
        self._bytes = 0

    def took(self, body: Body, count: int) -> int | None:
        """Some more of it has come; the status by which it must be refused, if it must.

        Who has been at it for longest gives way, unless all of it is there: so those who send
        slowly keep nobody else out.
        """
        self._held.setdefault(body)
        body.bytes += count
        self._bytes += count
        if is_too_large(body.bytes):
            return refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        while self._bytes > ALL_MAX_BYTES:
            slow = (held for held in self._held if not held.is_whole and held is not body)
            slowest = next(slow, None)
            if slowest is None:
                return refused(HTTPStatus.SERVICE_UNAVAILABLE)
            self.end(slowest)
            slowest.drop()
        return None

    def end(self, body: Body) -> None:
        """Its request is answered, or its connection has gone."""
        if body in self._held:
            del self._held[body]
            self._bytes -= body.bytes


here = Bodies()


def is_too_large(count: int) -> bool:
    return count > conf.BODY_MAX_BYTES


def comes_within_s() -> float:
    """The time for the head of a request, from the connection or the last answer on; and then for
    its body.
    """
    return float(conf.REQUEST_S)


def refused(status: int) -> int:
    """The status, which is counted."""
    metrics.bodies_refused.labels(str(int(status))).inc()
    return status


def refusal(status: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answer to a body that is refused, as ASGI has it."""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        detail = "The server holds as much as it may."
        return whole(problems.response(status, detail, retry_after_s=_RETRY_S))
    most = conf.BODY_MAX_BYTES
    return whole(problems.response(status, f"A body has at most {most} bytes."))


def limited(application: Any, drop_of: Callable[[Any], Callable[[], None]]) -> Any:
    """The application, for a server that reads no more of a body than is asked for.

    Args: drop_of: what ends the connection of a scope at once.
    """

    async def run(scope: Any, receive: Any, send: Any) -> None:
        if is_too_large(_announced(scope)):
            for event in refusal(refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)):
                await send(event)
            return
        request = _Request(drop_of(scope), receive, send)
        try:
            await application(scope, request.receive, request.send)
        finally:
            here.end(request.body)

    return run


class _Request:
    """Counts what comes of a body; to the application one that is refused is a client that left."""

    def __init__(self, drop: Callable[[], None], receive: Any, send: Any) -> None:
        self.body = Body(drop)
        self._receive, self._send = receive, send
        self._is_answered = self._is_refused = False

    async def send(self, event: Any) -> None:
        self._is_answered = True
        if not self._is_refused:
            await self._send(event)

    async def receive(self) -> Any:
        event = await self._receive()
        if event["type"] != "http.request":
            return event
        self.body.is_whole = not event.get("more_body")
        part = event.get("body")
        if not part or (status := here.took(self.body, len(part))) is None:
            return event
        self._is_refused = True
        here.end(self.body)
        if self._is_answered:
            self.body.drop()
        else:
            for answer in refusal(status):
                await self._send(answer)
        return {"type": "http.disconnect"}


def _announced(scope: Any) -> int:
    lengths = [value for name, value in scope["headers"] if name.lower() == b"content-length"]
    return max((int(length) for length in lengths if length.isdigit()), default=0)
