"""Path -> consumer, and a last route that refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from channels.routing import URLRouter
from django.conf import settings
from django.urls import path, re_path

from notifications.consumers.dashboard import DashboardConsumer
from notifications.consumers.diagnostics import DiagnosticsConsumer
from notifications.consumers.echo import EchoConsumer
from notifications.consumers.event_stream import EventStreamConsumer
from notifications.consumers.http import HttpStreamConsumer, forbid
from notifications.consumers.long_poll import LongPollConsumer
from notifications.consumers.websocket import NotificationConsumer
from notifications.wire import places

Application = Callable[[Any, Any, Any], Any]

# What Django's urls do not have, of the HTTP API: from where that begins.
STREAMS: dict[str, type[HttpStreamConsumer]] = {
    "inbox/events": EventStreamConsumer,
    "inbox/poll": LongPollConsumer,
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
    dashboard = guard(sign_in(DashboardConsumer.as_asgi()))
    inbox = guard(sign_in(NotificationConsumer.as_asgi()), tokens=True)
    diagnostics = guard(sign_in(DiagnosticsConsumer.as_asgi()))
    begin = f"{places.root()}{places.SOCKETS}".removeprefix("/")
    # Django's types have these for HTTP views only; Channels routes sockets with them.
    routes: list[Any] = [
        path(f"{begin}notifications/", cast(Any, inbox)),
        path(f"{begin}echo/", cast(Any, echo)),
        path(f"{begin}dashboard/", cast(Any, dashboard)),
        path(f"{begin}diagnostics/", cast(Any, diagnostics)),
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
    begin = places.api_root()
    streams = {
        f"{begin}{path}": guard(sign_in(consumer.as_asgi()), refusal=forbid, tokens=True)
        for path, consumer in STREAMS.items()
    }

    async def route(scope: Any, receive: Any, send: Any) -> None:
        # What another origin may ask is answered in one place, for all of the API.
        is_asked = scope["method"] == "OPTIONS"
        chosen = others if is_asked else streams.get(places.path_of(scope), others)
        await chosen(scope, receive, send)

    return route


def placed(application: Application) -> Application:
    """Give each scope its ``root_path``, and a path that begins with it.

    So pages, streams and sockets find what they are asked for alike, whether the site is below
    FORCE_SCRIPT_NAME, the proxy in front keeps the prefix, cuts it off, or the server was told of
    it (``root_path``).
    """

    async def place(scope: Any, receive: Any, send: Any) -> None:
        root = (settings.FORCE_SCRIPT_NAME or scope.get("root_path") or "").rstrip("/")
        if root and scope["type"] in {"http", "websocket"}:
            path = scope["path"]
            if not f"{path}/".startswith(f"{root}/"):
                path = root + path
            scope = {**scope, "root_path": root, "path": f"{root}/" if path == root else path}
        await application(scope, receive, send)

    return place
