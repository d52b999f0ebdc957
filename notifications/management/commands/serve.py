"""``manage.py serve``: uvicorn, as production runs it; several of them stand behind a proxy."""

from __future__ import annotations

import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from notifications.management.output import WorkCommand
from notifications.process import extras


class Command(WorkCommand):
    help = "Serve with uvicorn: it has back-pressure, and fans out faster than Daphne."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--uds", help="a Unix socket instead of host and port")
        parser.add_argument("--backlog", type=int, default=4096)

    def handle(self, *_args: Any, **options: Any) -> None:
        module, name = _application()
        # Here, or every command would import a server.
        from notifications.process import overdue  # noqa: PLC0415
        from notifications.push import drain  # noqa: PLC0415
        from notifications.servers import files, framing, greeting, uvicorn_server  # noqa: PLC0415
        from notifications.servers.uvicorn import HttpProtocol, WebSocketProtocol  # noqa: PLC0415

        files.raise_limit()
        greeting.tell(options["uds"] or f"http://{options['host']}:{options['port']}")
        # uvicorn shuts down in good order and then raises the signal anew, which by default would
        # look like a process that was killed.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        overdue.watch(drain.ends_within_s())
        uvicorn_server.run(
            f"{module}:{name}",
            host=options["host"],
            port=options["port"],
            uds=options["uds"],
            backlog=options["backlog"],
            # Else WEB_CONCURRENCY, which some platforms set, would start several.
            workers=1,
            http=HttpProtocol,
            ws=WebSocketProtocol,
            # On uvloop, which uvicorn would take where it is installed, nothing is faster here, a
            # flood of requests takes twice the memory, and a held thread holds up the exit.
            loop="asyncio",
            ws_max_size=framing.MESSAGE_MAX_BYTES,
            # Heartbeats are the protocol's; compression costs more than it saves on small frames.
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            lifespan="off",
            # Django's LOGGING stands.
            log_config=None,
            access_log=False,
        )


def _application() -> tuple[str, str]:
    """What is to be served: its module, and its name there.

    Raises: CommandError: there is nothing to serve, or nothing to serve it with.
    """
    if not (extras.is_there("uvicorn") and extras.is_there("websockets")):
        raise CommandError(f"It serves by uvicorn, which is missing: {extras.remedy('uvicorn')}")
    path = getattr(settings, "ASGI_APPLICATION", None)
    if not path:
        raise CommandError(
            "ASGI_APPLICATION is not set: let it name what notifications.asgi.wrap() has made, "
            "such as 'mysite.asgi.application'."
        )
    module, _, name = path.rpartition(".")
    return module, name
