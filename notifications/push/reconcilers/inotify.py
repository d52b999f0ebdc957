"""Waits until a file of a folder is written to, where the kernel tells (Linux)."""

from __future__ import annotations

import os
import select
import time
from contextlib import suppress
from pathlib import Path

try:
    from inotify_simple import INotify, flags
except ImportError:  # not on Linux
    INotify = None

_POLL_STEP_S = 0.001
# What is read of events at once; those that do not fit come with the next wait.
_EVENTS_BYTES = 65_536


class FolderWatch:
    """Watches the folder, since the file itself comes and goes."""

    def __init__(self, folder: Path, suffix: str) -> None:
        # As an event has it: a name, filled up with zeros.
        self._ending = suffix.encode() + b"\0"
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._notify = None
        if INotify is not None:
            try:
                self._notify = INotify(nonblocking=True)
                self._notify.add_watch(folder, flags.MODIFY | flags.CREATE | flags.MOVED_TO)
            except OSError:  # out of watches, or a file system that has none
                self._notify = None
        # Not select(): that fails once a thousand sockets have taken the lower numbers.
        self._sources = select.poll()
        self._sources.register(self._reader, select.POLLIN)
        if self._notify is not None:
            self._sources.register(self._notify.fd, select.POLLIN)

    @property
    def is_told(self) -> bool:
        """Whether the kernel tells; else only time passes."""
        return self._notify is not None

    def wake(self) -> None:
        """End the wait; from any thread."""
        with suppress(OSError):  # full: the wait is going to end anyhow; closed: it has ended
            os.write(self._writer, b"!")

    def close(self) -> None:
        """Give back what the kernel lent; nobody may wait any more."""
        for descriptor in (self._reader, self._writer):
            os.close(descriptor)
        self._writer = -1  # who still wakes it must not write to what has taken the number
        if self._notify is not None:
            self._notify.close()

    def wait(self, timeout_s: float) -> bool:
        """Whether the file was written to within the time; a ``wake()`` counts as time passed."""
        # poll() counts whole milliseconds, and rounds up; what comes meanwhile is there afterwards.
        if 0 < timeout_s < _POLL_STEP_S:
            time.sleep(timeout_s)
            timeout_s = 0
        ready = {number for number, _ in self._sources.poll(timeout_s * 1000)}
        if self._reader in ready:
            os.read(self._reader, 4096)
        if self._notify is None or self._notify.fd not in ready:
            return False
        return self._ending in os.read(self._notify.fd, _EVENTS_BYTES)
