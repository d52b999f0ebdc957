"""Puts a server process together: HTTP, sockets, and the dispatcher beside them."""

from __future__ import annotations

import os
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
http = get_asgi_application()

from django.conf import settings  # noqa: E402 (the apps must be loaded before what follows)

from notifications import dispatcher  # noqa: E402


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """Turn a WebSocket away quietly: an unhandled path would be a 500 with a traceback."""
    await receive()
    await send({"type": "websocket.close"})


application = ProtocolTypeRouter({"http": http, "websocket": refuse})

if settings.NOTIFICATIONS_DISPATCH_IN_SERVER:
    dispatcher.start_thread()
