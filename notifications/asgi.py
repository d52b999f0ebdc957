"""Puts an ASGI application together, by one call: the app's streams before a project's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

Application = Callable[[Any, Any, Any], Any]


def wrap(django_application: Application) -> Application:
    """A project's ASGI application, with the sockets and streams of notifications.

    Args: django_application: what answers all other requests: what ``get_asgi_application()`` has
        made, or more around it.
    """
    # Only now, so that this module can be imported before Django has loaded the apps.
    from channels.routing import ProtocolTypeRouter  # noqa: PLC0415

    from notifications import routing  # noqa: PLC0415
    from notifications.conf import conf  # noqa: PLC0415
    from notifications.credentials import sessions, sign_in, throttles, tokens  # noqa: PLC0415
    from notifications.inbox import reading  # noqa: PLC0415
    from notifications.push import access, drain  # noqa: PLC0415
    from notifications.push.batching import Batcher  # noqa: PLC0415
    from notifications.sending import worker  # noqa: PLC0415

    _end_connections_with_their_threads()
    finder, guard = sessions.finder(), sign_in.origin_guard
    signed_in = partial(
        sign_in.sign_in,
        find_session=Batcher(finder.logins_of, gathers=True).ask,
        find_token=Batcher(tokens.logins_of, gathers=True).ask,
        find_inbox=Batcher(reading.inboxes_of).ask,
        wait_s=throttles.handshakes.wait_s,
    )
    access.look_up_by(sessions=finder.still_of, tokens=tokens.still_of)
    protocols = {
        "http": routing.http(django_application, sign_in=signed_in, guard=guard),
        "websocket": routing.websockets(sign_in=signed_in, guard=guard),
    }
    if conf.DISPATCH_IN_SERVER:
        worker.start_thread()
    return routing.placed(drain.on_signals(ProtocolTypeRouter(protocols)))


def _end_connections_with_their_threads() -> None:
    """Let no request keep its connection to a database (CONN_MAX_AGE, as it serves WSGI).

    Under ASGI each request has a thread of its own, where nobody would find that again: they would
    pile up. Here alone, since other processes of the project have the same settings.
    """
    from django.db import connections  # noqa: PLC0415

    for alias in connections:
        connections.settings[alias]["CONN_MAX_AGE"] = 0
