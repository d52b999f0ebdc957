"""What may happen a thousand times a second is logged once a minute, and counted meanwhile."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_INTERVAL_S = 60.0


@dataclass
class _Told:
    at: float
    # How often it was told within that minute.
    times: int = 1
    # How often it has happened since, without being told.
    again: int = 0


class LogLimits:
    """Remembers what was told when; any thread may ask.

    Args: clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._told: dict[tuple[str, str], _Told] = {}

    def once_a_minute(
        self,
        logger: logging.Logger,
        level: int,
        cause: str,
        message: str,
        *args: object,
        most: int = 1,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        """Log the message, unless this logger has told of this cause within the last minute.

        What is not told is counted, and the next that is told says how often it was: "(again 37
        times in the last minute)".

        Args: cause: one of a few words of ours, each of which is remembered for ever; nothing that
            a client says. message, args, extra: as ``logger.log`` takes them. most: how often it is
            told within a minute, where each tells of another thing.
        """
        now = self._clock()
        with self._lock:
            last = self._told.get((logger.name, cause))
            if last is not None and now - last.at < _INTERVAL_S:
                if last.times >= most:
                    last.again += 1
                    return
                last.times, last = last.times + 1, None
            else:
                self._told[logger.name, cause] = _Told(now)
        if last is not None and last.again:
            message += " (again %s in the last %s)"
            times = "once" if last.again == 1 else f"{last.again} times"
            minutes = round((now - last.at) / _INTERVAL_S)
            args = (*args, times, "minute" if minutes == 1 else f"{minutes} minutes")
        logger.log(level, message, *args, extra=extra)

    def clear(self) -> None:
        """Forget what was told."""
        with self._lock:
            self._told.clear()


PROCESS = LogLimits()
once_a_minute = PROCESS.once_a_minute
