"""What benchmarks/fanout.py compares with: others' servers, each with one message to all."""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import harness
from benchmarks.site import ended, serving_as_it_comes
from tests.support.ports import free_port

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

_TUTORIAL = "benchmarks.tutorial_app:application"
BROADCAST = "/broadcast"
# As large as a frame of ours with a short notification.
MESSAGE = b'{"type":"changes","since":1000,"text":"%s"}' % (b"x" * 278)
NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
_NCHAN = """
load_module {module};
daemon off;
worker_processes 1;
user root;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 30000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = /ws {{ nchan_subscriber websocket; nchan_channel_id all; }}
        location = /broadcast {{
            nchan_publisher; nchan_channel_id all; nchan_message_buffer_length 100;
        }}
    }}
}}
"""


@contextmanager
def nchan(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """nginx's C module for WebSockets (Debian's ``libnginx-mod-nchan``); its process and port."""
    port = free_port()
    config = folder / "nchan.conf"
    config.write_text(_NCHAN.format(module=NCHAN_MODULE, folder=folder, port=port))
    with ended(harness.start(["nginx", "-c", str(config), "-p", str(folder)])) as server:
        yield server, port


@contextmanager
def bare(_folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The library ``websockets`` and its own ``broadcast``."""
    port = free_port()
    with ended(
        harness.start([sys.executable, "-m", "benchmarks.fanout_peers", str(port)])
    ) as server:
        yield server, port


@contextmanager
def socketio(_folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """python-socketio on uvicorn, by its own ``emit`` to all."""
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "benchmarks.fanout_socketio:application",
        "--port", str(port), "--log-level", "error", "--ws", "websockets-sansio",
        "--ws-per-message-deflate", "false", "--ws-ping-interval", "0",
    ]  # fmt: skip
    with ended(harness.start(command)) as server:
        yield server, port


@contextmanager
def tutorial_uvicorn(_folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Channels' tutorial, by uvicorn as it comes."""
    port = free_port()
    with ended(harness.start(serving_as_it_comes("uvicorn", _TUTORIAL, port))) as server:
        yield server, port


@contextmanager
def tutorial_daphne(_folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The same by Daphne as it comes."""
    port = free_port()
    with ended(harness.start(serving_as_it_comes("daphne", _TUTORIAL, port))) as server:
        yield server, port


async def _serve(port: int) -> None:
    from websockets.asyncio.server import Request, ServerConnection, broadcast, serve  # noqa: PLC0415

    everyone: set[ServerConnection] = set()

    async def keep(connection: ServerConnection) -> None:
        everyone.add(connection)
        await connection.wait_closed()

    def answer(connection: ServerConnection, request: Request) -> Any:
        if request.path != BROADCAST:
            return None
        broadcast(everyone, MESSAGE.decode())
        return connection.respond(204, "")

    options: dict[str, Any] = {"compression": None, "ping_interval": None, "backlog": 4096}
    async with serve(keep, "127.0.0.1", port, process_request=answer, **options) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
