"""``manage.py dispatcher``: a process that does nothing but dispatch what is due."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from notifications import dispatcher


class Command(BaseCommand):
    help = "Dispatch notifications until SIGTERM or Ctrl-C; the chunk at hand is finished first."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("Dispatching. Ctrl-C stops.")
        self.stdout.flush()
        dispatcher.run(stop)
