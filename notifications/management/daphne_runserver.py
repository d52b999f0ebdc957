"""``manage.py runserver`` by Daphne, through our server class."""

import os
import signal
from http import HTTPStatus
from typing import Any

# This imports Twisted, which would slow every other command down by half a second.
from daphne.management.commands.runserver import Command as DaphneCommand

from notifications.management.output import WorkCommand
from notifications.process import overdue
from notifications.push import drain
from notifications.servers import files, greeting
from notifications.servers.daphne import DaphneServer


class Command(WorkCommand, DaphneCommand):  # type: ignore[misc]
    server_cls = DaphneServer

    def run(self, **options: Any) -> None:
        if options["use_reloader"]:
            # The reloader has the main thread, and its signals; the server runs beside it.
            overdue.watch(drain.ends_within_s())
        super().run(**options)

    def inner_run(self, *args: Any, **options: Any) -> None:
        files.raise_limit()
        if not options["use_reloader"]:
            # Until Twisted has a handler of its own: it listens before, and nobody was served yet.
            # An exception would be taken for a port that is taken.
            signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        greeting.tell(f"http://{self.addr}:{self.port}")
        super().inner_run(*args, **options)

    def log_action(self, protocol: str, action: str, details: dict[str, Any]) -> None:
        # Daphne takes it for an error of ours. Why we are busy is said once, and not by request.
        if details.get("status") == HTTPStatus.SERVICE_UNAVAILABLE:
            return
        # Without the query: some put a token or a key there, which we refuse, and log nowhere.
        path = str(details.get("path", "")).partition("?")[0]
        super().log_action(protocol, action, {**details, "path": path})
