"""What benchmarks/storm.py compares with: a consumer as Channels' documentation has it, signed in
by its AuthMiddlewareStack and one membership in its user's group, that reads the newest items. Its
server is uvicorn or Daphne as they come; of ours are the rows that it reads, and no more.
"""

from __future__ import annotations

import json
import os
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.storm_tutorial_settings")
get_asgi_application()

# The apps must be loaded before what follows.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.db import database_sync_to_async  # noqa: E402
from prometheus_client import generate_latest  # noqa: E402

from benchmarks import counted_queries  # noqa: E402
from notifications.models import InboxItem  # noqa: E402

counted_queries.watch()


class TutorialConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Says `synced` once it has sent what is new."""

    async def connect(self) -> None:
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close()
            return
        await self.channel_layer.group_add(f"user.{user.pk}", self.channel_name)
        await self.accept()
        items = await database_sync_to_async(_newest)(user.pk)
        await self.send(text_data=json.dumps({"type": "items", "items": items}))
        await self.send(text_data='{"type":"synced"}')


def _newest(user_id: int) -> list[Any]:
    items = InboxItem.objects.filter(inbox__user_id=user_id).select_related("notification")
    return [item.notification.title for item in items.order_by("-arrived_revision")[:50]]


async def _metrics(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": generate_latest()})


application = ProtocolTypeRouter(
    {"http": _metrics, "websocket": AuthMiddlewareStack(TutorialConsumer.as_asgi())}
)
