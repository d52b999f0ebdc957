"""Lets whatever asks a command to end do what Ctrl-C does, so that nothing stays behind."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# What a shell says of a program that Ctrl-C has ended.
STATUS = 130
_ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def as_by_ctrl_c() -> Iterator[None]:
    """Raises: KeyboardInterrupt: such a signal has come."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are not ours there
        return
    before = {number: signal.signal(number, signal.default_int_handler) for number in _ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
