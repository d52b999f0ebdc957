"""Django as an ASGI application that gives each request one thread, once.

Django's own makes a thread for each request, and goes there and back for each signal, for each
change between middleware that knows of async and middleware that does not, and for the view: most
of what a request costs. All of ours is sync, so all of a request is done in one go.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.http import HttpResponseBase
from django.urls import set_script_prefix

logger = logging.getLogger(__name__)

Event = dict[str, Any]
# How many may be at work is decided before (admission.py).
_THREADS_MAX = 10_000


class Handler(ASGIHandler):
    """Answers whole responses; what a view streams is read to its end first."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(_THREADS_MAX, thread_name_prefix="request")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Raises: ValueError: it is no request of HTTP."""
        if scope["type"] != "http":
            raise ValueError(f"Django answers HTTP, and no {scope['type']}.")
        try:
            body_file = await self.read_body(receive)
        except RequestAborted:
            return
        # What a request sets in its context (its language, its time zone) ends with it, though its
        # thread does not.
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        for event in await loop.run_in_executor(
            self._threads, context.run, self._answered, scope, body_file
        ):
            await send(event)

    def _answered(self, scope: Any, body_file: Any) -> tuple[Event, Event]:
        with body_file:
            set_script_prefix(get_script_prefix(scope))
            request_started.send(sender=self.__class__, scope=scope)
            request, refusal = self.create_request(scope, body_file)
            response: Any = refusal if request is None else self.get_response(request)
            response._handler_class = self.__class__
            try:
                return _events(response)
            finally:
                _close(response)


def application() -> Handler:
    """``django.core.asgi.get_asgi_application``, of this kind."""
    django.setup(set_prefix=False)
    return Handler()


def _close(response: HttpResponseBase) -> None:
    try:
        response.close()
    except Exception:
        # What the view did is done, whatever becomes of what follows it.
        logger.exception("A request did not end well; it is answered all the same.")


def _events(response: HttpResponseBase) -> tuple[Event, Event]:
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    headers += [
        (b"Set-Cookie", cookie.output(header="").encode("ascii").strip())
        for cookie in response.cookies.values()
    ]
    start = {"type": "http.response.start", "status": response.status_code, "headers": headers}
    return start, {"type": "http.response.body", "body": b"".join(response)}
