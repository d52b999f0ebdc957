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
from notifications.push.hub import Hub

CONTENT = json.dumps({"id": "1", "title": "x" * 60, "body": "y" * 100})[1:-1]


class _Sender:
    """Knows beforehand what another process that sends has at hand, so that only the hub is
    measured: the installation, and the next revision, which is the same for all inboxes.
    """

    def __init__(self, hub: Hub, sealing: installation.Installation) -> None:
        # What is broadcast stands in no database: whoever looks there would find that it was a lie.
        hub.on_revisions = hub.on_woken = lambda *_arguments: None  # type: ignore[method-assign,assignment]
        stream = next(iter(hub.all_streams())).stream
        self._hub, self._sealing = hub, sealing
        self._epoch_tag, self._revision = stream.epoch_tag, stream.position

    async def send(self) -> None:
        self._revision += 1
        rows = [[inbox_id, self._revision, 1, 1] for inbox_id in self._hub.streams]
        body = {"epoch_tag": self._epoch_tag, "arrived": CONTENT, "rows": rows}
        await self._hub.deliver(self._sealing.seal(hints.EVENT_TYPE, body))


_senders: list[_Sender] = []


async def _broadcast_by_hub(scope: Any, receive: Any, send: Any) -> None:
    if not _senders:
        # By the first broadcast, which is not measured, all sockets are there.
        _senders.append(_Sender(runtime.current(), await in_thread(installation.here)))
    await _senders[0].send()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


application = ProtocolTypeRouter({"http": _broadcast_by_hub, "websocket": asgi.application})
