"""Path -> consumer, and a last route that refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from channels.routing import URLRouter
from django.urls import path, re_path

from notifications.consumers.echo import EchoConsumer
from notifications.consumers.event_stream import EventStreamConsumer
from notifications.consumers.http import HttpStreamConsumer, forbid
from notifications.consumers.long_poll import LongPollConsumer
from notifications.consumers.websocket import NotificationConsumer

Application = Callable[[Any, Any, Any], Any]

# What Django's urls do not have, of the HTTP API.
STREAMS: dict[str, type[HttpStreamConsumer]] = {
    "/api/v1/inbox/events": EventStreamConsumer,
    "/api/v1/inbox/poll": LongPollConsumer,
}


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """Turn a socket away quietly: an unknown path would be a 500 with a traceback."""
    await receive()
    await send({"type": "websocket.close"})


def websockets(
    sign_in: Callable[[Application], Application], guard: Callable[..., Application]
) -> Application:
    """All sockets of this app.

    Args: sign_in: wraps an application so that its scope has a ``Visitor``. guard: wraps one so
        that only our own pages and those that we trust can open it; with ``anyone=True`` also
        what sends no Origin, which is no browser, and with ``tokens=True`` what comes by a token,
        which ``sign_in`` then judges.
    """
    echo = guard(EchoConsumer.as_asgi(), anyone=True)
    inbox = guard(sign_in(NotificationConsumer.as_asgi()), tokens=True)
    # Django's types have these for HTTP views only; Channels routes sockets with them.
    routes: list[Any] = [
        path("ws/notifications/", cast(Any, inbox)),
        path("ws/echo/", cast(Any, echo)),
        re_path("", cast(Any, refuse)),
    ]
    router: Application = URLRouter(routes)
    return router


def http(
    others: Application,
    sign_in: Callable[[Application], Application],
    guard: Callable[..., Application],
) -> Application:
    """The streams over HTTP, and ``others`` for all other paths.

    Args: see ``websockets``; ``guard`` takes as ``refusal`` what answers instead.
    """
    streams = {
        path: guard(sign_in(consumer.as_asgi()), refusal=forbid, tokens=True)
        for path, consumer in STREAMS.items()
    }

    async def route(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        # What another origin may ask is answered in one place, for all of the API.
        chosen = others if scope["method"] == "OPTIONS" else streams.get(path, others)
        await chosen(scope, receive, send)

    return route
