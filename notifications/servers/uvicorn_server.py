"""uvicorn's server, which says when it can be asked, and answers all who have come when it ends."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn

from notifications.process import garbage
from notifications.servers import accepting, readiness


class Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            garbage.settle()
            readiness.tell("READY=1")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Where another process listens by the same socket it is that one which accepts the last.
        if sockets is None and self.config.fd is None:
            last = [one for server in self.servers for one in _close(server)]
            loop = asyncio.get_running_loop()
            for one in last:
                with suppress(OSError):  # it has gone
                    await loop.connect_accepted_socket(self._protocol, one, ssl=self.config.ssl)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        """As of each connection that uvicorn accepts."""
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )


def _close(server: asyncio.Server) -> list[socket.socket]:
    """Listen no longer. Returns: those that have connected, and that nobody has accepted yet."""
    listening = [one.dup() for one in server.sockets]
    server.close()
    return [accepted for one in listening for accepted in accepting.all_from(one)]


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
