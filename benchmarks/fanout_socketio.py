"""python-socketio, as benchmarks/fanout.py compares with it: who connects hears of all."""

from __future__ import annotations

from typing import Any

import socketio

from benchmarks.fanout_peers import BROADCAST, MESSAGE

# No heartbeat while it is measured; nobody else has one then.
server = socketio.AsyncServer(async_mode="asgi", ping_interval=600, logger=False)


async def _broadcast(scope: Any, _receive: Any, send: Any) -> None:
    assert scope["path"] == BROADCAST, scope["path"]
    await server.emit("changes", MESSAGE.decode())
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


application = socketio.ASGIApp(server, other_asgi_app=_broadcast)
