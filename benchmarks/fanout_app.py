"""What benchmarks/fanout.py measures: the hub. ``POST /broadcast`` is answered once a message of
about 300 bytes was handed to every socket.
"""

from __future__ import annotations

import json
from typing import Any

from channels.routing import ProtocolTypeRouter

from config import asgi
from notifications.push import hints, installation, runtime
from notifications.push.batching import in_thread

CONTENT = json.dumps({"id": "1", "title": "x" * 60, "body": "y" * 100})[1:-1]


async def _answered(send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _broadcast_by_hub(scope: Any, receive: Any, send: Any) -> None:
    here = runtime.current()
    # What is broadcast stands in no database: whoever looks there would find that it was a lie.
    here.on_revisions = here.on_woken = lambda *_arguments: None  # type: ignore[method-assign,assignment]
    streams = [connection.stream for connection in here.all_streams()]
    rows = [
        [inbox_id, next(iter(own)).stream.position + 1, 1, 1]
        for inbox_id, own in here.streams.items()
    ]
    body = {"epoch_tag": streams[0].epoch_tag, "arrived": CONTENT, "rows": rows}
    sealing = await in_thread(installation.here)
    await here.deliver(sealing.seal(hints.EVENT_TYPE, body))
    await _answered(send)


application = ProtocolTypeRouter({"http": _broadcast_by_hub, "websocket": asgi.application})
