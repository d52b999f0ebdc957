"""``manage.py dispatcher``: a process that does nothing but dispatch what is due."""

from __future__ import annotations

import signal
import threading
from typing import Any

from notifications.conf import conf
from notifications.management.output import WorkCommand
from notifications.process import overdue, supervisor
from notifications.sending import start, worker


class Command(WorkCommand):
    help = "Dispatch notifications until SIGTERM or Ctrl-C; the chunk at hand is finished first."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        # Waited for, and not handled: a handler runs amid whatever the thread does, and would wait
        # for ever for the lock of an event that this very thread is waiting on.
        ends = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)
        stop = threading.Event()
        thread = supervisor.keep_thread("dispatcher", lambda: worker.run(stop), daemon=False)
        self.stdout.write("Dispatching. Ctrl-C stops.")
        signal.sigwait(ends)
        # Then another one may take its work over anyhow; what it has not committed is not done.
        overdue.end_within(conf.DISPATCH_LEASE_S)
        stop.set()
        start.nudge()
        thread.join()
