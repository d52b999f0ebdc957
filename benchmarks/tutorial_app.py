"""What benchmarks/fanout.py compares with: the chat of Channels' tutorial, with nothing of ours in
its process. ``POST /broadcast`` is answered once a message of about 300 bytes was handed to all.
"""

from __future__ import annotations

import json
import os
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from benchmarks.fanout_peers import MESSAGE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.tutorial_settings")
get_asgi_application()


class TutorialConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One channel and one group membership per socket, and the message encoded for each."""

    async def connect(self) -> None:
        await self.channel_layer.group_add("everyone", self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard("everyone", self.channel_name)

    async def broadcast(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(event["message"]))


async def _broadcast(_scope: Any, _receive: Any, send: Any) -> None:
    event = {"type": "broadcast", "message": json.loads(MESSAGE)}
    await get_channel_layer().group_send("everyone", event)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


application = ProtocolTypeRouter({"http": _broadcast, "websocket": TutorialConsumer.as_asgi()})
