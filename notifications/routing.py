"""Path -> consumer, and a last route that refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from channels.routing import URLRouter
from django.urls import path, re_path

from notifications.consumers.echo import EchoConsumer
from notifications.consumers.websocket import NotificationConsumer

Application = Callable[[Any, Any, Any], Any]


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """Turn a socket away quietly: an unknown path would be a 500 with a traceback."""
    await receive()
    await send({"type": "websocket.close"})


def websockets(
    sign_in: Callable[[Application], Application], guard: Callable[..., Application]
) -> Application:
    """All sockets of this app.

    Args: sign_in: wraps an application so that ``scope["user"]`` is there. guard: wraps one so
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
