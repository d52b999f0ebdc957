"""A process that was told to end ends in time, whatever holds it up, and says what that was.

A task that swallows its cancellation, a thread whose database does not answer, a view that never
returns: each would keep a process for ever, since servers and the interpreter wait for them.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from notifications.process import supervisor

logger = logging.getLogger(__name__)

# What a process is given that was told to end a second time: it is to end at once.
AT_ONCE_S = 5.0
# To say what holds it, which may itself hang: somebody must read what is logged.
_TELLS_S = 2.0
# After that the kernel ends the process, should even the interpreter stand still.
_KERNEL_S = 5.0
_FRAMES, _LINES = 4, 20
_ENDS = {signal.SIGTERM, signal.SIGINT}
_IDLE_WORKER = "concurrent/futures/thread.py"


def watch(within_s: float) -> None:
    """From the first SIGTERM or SIGINT on, the process has so many seconds; from the second, few.

    Call it on the main thread. Signals are noticed below all handlers, which stay as they are: also
    while the main thread waits for something that does not come.
    """
    receiver, sender = socket.socketpair()
    sender.settimeout(0)
    # The server may have one for itself.
    before = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    # Both ends, or the one that the kernel writes to would be closed.
    supervisor.keep_thread("overdue", lambda: _listen(receiver, sender, before, within_s))


def _listen(receiver: socket.socket, _sender: socket.socket, before: int, within_s: float) -> None:
    while numbers := receiver.recv(64):
        if before != -1:
            with suppress(OSError):
                os.write(before, numbers)
        for number in numbers:
            if number in _ENDS:
                end_within(within_s)
                within_s = AT_ONCE_S


def end_within(seconds: float) -> None:
    """End this process by force by then; of several calls the soonest counts."""
    left_s, _ = signal.getitimer(signal.ITIMER_REAL)
    most_s = seconds + _TELLS_S + _KERNEL_S
    # Its signal ends a process, where nobody has said otherwise.
    signal.setitimer(signal.ITIMER_REAL, min(most_s, left_s or most_s))
    threading.Thread(target=_end, args=(seconds,), name="overdue", daemon=True).start()


def _end(seconds: float) -> None:
    time.sleep(seconds)
    telling = threading.Thread(target=_tell, args=(seconds,), name="overdue", daemon=True)
    telling.start()
    telling.join(_TELLS_S)
    os._exit(0)


def _tell(seconds: float) -> None:
    logger.error("Told to end %g s ago, this process still runs: it is ended now.", seconds)
    counted = Counter(_holders()).most_common()
    for holder, count in counted[:_LINES]:
        logger.error("Held by %s%s", holder, f" ({count} of them)" if count > 1 else "")
    if counted[_LINES:]:
        logger.error("And %d more.", sum(count for _, count in counted[_LINES:]))


def _holders() -> Iterator[str]:
    """The threads and tasks that still run, and where; nothing of what they work on."""
    frames = sys._current_frames()
    for thread in threading.enumerate():
        frame = frames.get(thread.ident or 0)
        if frame is None or (thread.daemon and thread is not threading.main_thread()):
            continue  # nobody waits for it
        if not frame.f_code.co_filename.endswith(_IDLE_WORKER):
            yield f"thread {thread.name}, at {_places(_outward(frame))}"
    # Of whichever loop, and also those that no one else knows any more.
    for tracked in gc.get_objects():
        # By its type: a lazy object would be made for what it says its class is.
        if issubclass(type(tracked), asyncio.Task) and not tracked.done():
            awaited = list(_inward(tracked.get_coro()))
            name = getattr(tracked.get_coro(), "__qualname__", "?")
            yield f"task {name}, at {_places(reversed(awaited))}"


def _outward(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _inward(coroutine: Any) -> Iterator[FrameType]:
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        yield frame
        coroutine = getattr(coroutine, "cr_await", None)


def _places(frames: Iterator[FrameType]) -> str:
    places = []
    for frame, _ in zip(frames, range(_FRAMES), strict=False):
        path = Path(frame.f_code.co_filename)
        places.append(f"{path.parent.name}/{path.name}:{frame.f_lineno} {frame.f_code.co_name}")
    return " < ".join(places) or "no place"
