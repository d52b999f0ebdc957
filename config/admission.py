"""How many requests Django works on at once in this process, and of one user.

Django gives each request a thread, as many as come. A hundred of them leave the event loop hardly
a turn, and on SQLite they hold the write lock between them: sockets and senders wait for seconds.
So a request waits here, before it takes a thread, and is refused where too many wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.template.loader import render_to_string

from config.turns import Caller, Limits, Refused, Turn, Turns
from notifications.consumers.responses import whole
from notifications.credentials.sign_in import caller_of
from notifications.credentials.throttles import address_of_scope
from notifications.process import metrics
from notifications.wire import places, problems

Application = Callable[[Any, Any, Any], Any]

# Who waits so long is told to come back.
_PATIENCE_S = 10.0
# Of those that may wait, how many may come from one address, and be one user's. A page asks for
# some forty files at once.
_ADDRESS_SHARE, _CALLER_SHARE = 2, 8
_RETRY_AFTER_S = 2
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def limits() -> Limits:
    """What the settings allow."""
    waiting: int = settings.REQUESTS_WAITING_MAX
    return Limits(
        most=settings.REQUESTS_MAX,
        waiting_most=waiting,
        addresses_waiting_most=max(1, waiting // _ADDRESS_SHARE),
        callers_waiting_most=max(1, waiting // _CALLER_SHARE),
        patience_s=_PATIENCE_S,
    )


def admitted(pages: Application) -> Application:
    """Let ``pages``, which is Django, work on only so many requests at once."""
    turns = Turns(limits)

    async def admit(scope: Any, receive: Any, send: Any) -> None:
        request = _Request(turns, scope, receive)
        try:
            turns.require_room(request.caller)
            await pages(scope, request.receive, request.collect)
        except Refused as refused:
            request.refuse(refused)
        finally:
            request.end()
        for event in request.answer:
            await send(event)

    return admit


class _Request:
    """One request: it waits for its turn once its body is there, and keeps it until the answer is.

    Neither a client that sends slowly nor one that reads slowly holds up others.
    """

    def __init__(self, turns: Turns, scope: Any, receive: Any) -> None:
        self.caller = _caller(scope)
        self.answer: list[Any] = []
        self._turns, self._scope, self._receive = turns, scope, receive
        self._turn: Turn | None = None

    async def receive(self) -> Any:
        """What the server says; the end of the body not before our turn has come."""
        event = await self._receive()
        if event["type"] == "http.request" and not event.get("more_body", False):
            self._turn = await self._turns.begin(self.caller)
        return event

    async def collect(self, event: Any) -> None:
        self.answer.append(event)

    def end(self) -> None:
        if self._turn is not None:
            self._turns.end(self._turn)

    def refuse(self, refused: Refused) -> None:
        response = _refusal(places.path_of(self._scope), refused)
        metrics.requests_refused.labels("user" if refused.own_fault else "process").inc()
        start, body = whole(response)
        self.answer = [start, {**body, "body": b""} if self._scope["method"] == "HEAD" else body]


def _caller(scope: Any) -> Caller:
    address = address_of_scope(scope)
    name, most = caller_of(scope) or address, settings.USER_REQUESTS_MAX
    if most and connection.vendor == "sqlite" and scope["method"] not in _SAFE_METHODS:
        # There one writes at a time anyway. With one of us after the other the lock is free in
        # between: who waits for it looks now and then only, and would not find it so.
        name, most = f"{name} writing", 1
    return Caller(name, address, most)


def _refusal(path: str, refused: Refused) -> HttpResponse:
    status = 429 if refused.own_fault else 503
    detail = "Too many requests at once; see Retry-After."
    if places.is_of_api(path):
        return problems.response(status, detail, retry_after_s=_RETRY_AFTER_S)
    response = HttpResponse(render_to_string("busy.html"), status=status)
    response.headers["Retry-After"] = str(_RETRY_AFTER_S)
    return response
