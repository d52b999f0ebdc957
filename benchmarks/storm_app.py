"""What benchmarks/storm.py compares with: a consumer as Channels' documentation has it, signed in
by its AuthMiddlewareStack and one membership in its user's group, that reads the newest items.
"""

from __future__ import annotations

import json
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter

from benchmarks import counted
from config import asgi, health
from notifications.models import InboxItem

hub_application = counted.application


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


tutorial_application = ProtocolTypeRouter(
    {
        "http": health.routes(asgi.pages),
        "websocket": AuthMiddlewareStack(TutorialConsumer.as_asgi()),
    }
)
