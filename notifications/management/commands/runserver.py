"""``manage.py runserver``: Daphne, with what it does wrong by default put right."""

from __future__ import annotations

import logging
import os
from typing import Any

# Only here: this imports Twisted, which would slow every other command down by half a second.
from daphne.management.commands.runserver import Command as DaphneCommand
from daphne.server import Server

logger = logging.getLogger(__name__)


class _Server(Server):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Daphne measures a socket's age by the wall clock: a clock that jumps would close them all.
        super().__init__(*args, **{**kwargs, "websocket_timeout": -1})

    def listen_error(self, failure: Any) -> None:
        # Daphne would end as if all were well, or hang under the reloader, from whose thread no
        # exception ends the process. Django's own runserver exits like this too.
        logger.critical("Cannot listen: %s", failure.getErrorMessage())
        os._exit(1)


class Command(DaphneCommand):  # type: ignore[misc]
    server_cls = _Server
