"""What HTTP answers: events that go on, one answer, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpResponse

from notifications.consumers.transports import ABORT, Event, EventQueue
from notifications.wire import problems
from notifications.wire.contract import CloseCode

# What Django's middleware says of every other response; and nothing here is for a cache.
_HEADERS = {
    "Cache-Control": "no-cache, private",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Vary": "Cookie, Authorization",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# What a refusal also says: what is allowed, or after how many seconds to come back.
_WITH_STATUS = {405: {"Allow": "GET"}, 503: {"Retry-After": "2"}}
_STATUS = {CloseCode.SIGNED_OUT: 401, CloseCode.NOT_ALLOWED: 403}


def whole(response: HttpResponse) -> tuple[Event, Event]:
    """A response that is not streamed, as ASGI has it."""
    headers = {**response.headers, "Content-Length": str(len(response.content))}
    headers |= _WITH_STATUS.get(response.status_code, {})
    return _start(response.status_code, headers), _body(response.content)


def _start(status: int, headers: dict[str, str]) -> Event:
    everything = {**_HEADERS, **headers}
    pairs = [(name.lower().encode(), value.encode()) for name, value in everything.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}


def _body(part: bytes, *, more: bool = False) -> Event:
    return {"type": "http.response.body", "body": part, "more_body": more}


class HttpTransport:
    """One response of HTTP. The first close ends it, a second one the whole connection."""

    def __init__(self, scope: dict[str, Any], send: Callable[[Event], Any]) -> None:
        self._queue = EventQueue(send)
        self._is_ended = False
        self._abort: Callable[[], None] | None = scope.get("extensions", {}).get(ABORT)

    def open(self) -> None:
        """The request is going to be answered."""

    def send(self, frame: bytes) -> None:
        raise NotImplementedError

    def send_together(self, frames: Sequence[bytes]) -> None:
        for frame in frames:
            self.send(frame)

    def close(self, code: CloseCode, reason: str) -> None:
        raise NotImplementedError

    def buffered(self) -> int:
        return self._queue.bytes

    def abort(self) -> None:
        self._queue.clear()
        if self._abort is not None:
            self._abort()

    def answer(self, response: HttpResponse) -> None:
        """Send a whole response, and no other."""
        self._is_ended = True
        for event in whole(response):
            self._queue.put(event)


class EventStreamTransport(HttpTransport):
    """A response that goes on: each frame is sent as the event that it was made."""

    def open(self) -> None:
        """Say the headers, and at once something: some servers and proxies wait for a body."""
        headers = {
            "Content-Type": "text/event-stream",
            # nginx would keep events until its buffer is full.
            "X-Accel-Buffering": "no",
        }
        self._queue.put(_start(200, headers))
        self.send(b":\n\n")

    def send(self, frame: bytes) -> None:
        self._queue.put(_body(frame, more=True), len(frame))

    def close(self, code: CloseCode, reason: str) -> None:
        if self._is_ended:
            self.abort()
            return
        self._is_ended = True
        self._queue.put(_body(b""))


class LongPollTransport(HttpTransport):
    """A response that is all there is: the one frame that is sent, or why there is none."""

    def send(self, frame: bytes) -> None:
        self.answer(HttpResponse(frame, content_type="application/json"))

    def close(self, code: CloseCode, reason: str) -> None:
        if self._is_ended:
            self.abort()
        else:
            self.answer(problems.response(_STATUS.get(code, 503), reason))

    def buffered(self) -> int:
        return 0  # the answer, once there is one, is whole
