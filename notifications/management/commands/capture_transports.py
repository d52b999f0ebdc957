"""``manage.py capture_transports``: polls and a WebSocket, as packets for Wireshark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from notifications.management.comparison import arguments, recording, stopping
from notifications.management.output import WorkCommand
from notifications.process import extras


class Command(WorkCommand):
    help = "Record the packets of a user who polls and has a WebSocket open, for Wireshark."
    # It asks a server of its own.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        number = arguments.number
        parser.add_argument("file", type=arguments.new_file(".pcapng"))
        parser.add_argument("--polls", type=number(int, 1, 1000), default=5, metavar="N")
        parser.add_argument("--interval", type=number(float, 0, 60), default=0.5, metavar="S")

    def handle(self, *_args: Any, **options: Any) -> None:
        if missing := extras.missing("h11", "websockets", "uvicorn"):
            raise CommandError(f"It needs {', '.join(missing)}: {extras.remedy('compare')}")
        if missing := recording.missing():
            raise CommandError(f"It needs {' and '.join(missing)}: {recording.REMEDY}.")
        # Here, or every command would import an HTTP client.
        from notifications.management.comparison import capture  # noqa: PLC0415
        from notifications.management.comparison.failures import Failed  # noqa: PLC0415

        path: Path = options["file"]
        try:
            with stopping.as_by_ctrl_c():
                found = capture.run(path, options["polls"], options["interval"])
        except Failed as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise CommandError("Stopped.", returncode=stopping.STATUS) from None
        self.stdout.write(
            f"{path}: {found.upgrades} upgrade to WebSocket, {found.polls} polls, while "
            f"{found.notifications} notifications were sent; port {found.port}.\n"
            f"Open it in Wireshark, with one of these as display filter:\n"
            f"  {recording.UPGRADE}\n"
            f"  {recording.POLL}\n"
            f"  websocket"
        )
