"""uvicorn's server, which says when it can be asked."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn

from notifications.process import garbage
from notifications.servers import readiness


class Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            garbage.settle()
            readiness.tell("READY=1")


def run(application: str, **options: Any) -> None:
    """``uvicorn.run``, with our server. Returns when it has ended in good order.

    Raises: SystemExit: it could not begin.
    """
    config = uvicorn.Config(application, **options)
    config.load_app()
    try:
        # uvicorn raises the signal anew that has ended it.
        with suppress(KeyboardInterrupt):
            Server(config).run()
    except SystemExit as end:
        # It has a status of its own for what it cannot begin with, such as a port that is taken.
        raise SystemExit(min(end.code, 1) if isinstance(end.code, int) else end.code) from None
    finally:
        if config.uds:
            Path(config.uds).unlink(missing_ok=True)
