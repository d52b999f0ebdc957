"""``manage.py runserver``: Daphne, through our server class."""

from http import HTTPStatus
from typing import Any

# Only here: this imports Twisted, which would slow every other command down by half a second.
from daphne.management.commands.runserver import Command as DaphneCommand

from notifications.management.output import WorkCommand
from notifications.servers import files
from notifications.servers.daphne import DaphneServer


class Command(WorkCommand, DaphneCommand):  # type: ignore[misc]
    server_cls = DaphneServer

    def inner_run(self, *args: Any, **options: Any) -> None:
        files.raise_limit()
        super().inner_run(*args, **options)

    def log_action(self, protocol: str, action: str, details: dict[str, Any]) -> None:
        # Daphne takes it for an error of ours. Why we are busy is said once, and not by request.
        if details.get("status") != HTTPStatus.SERVICE_UNAVAILABLE:
            super().log_action(protocol, action, details)
