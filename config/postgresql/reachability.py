"""Whether PostgreSQL answers, as this process has seen it last."""

from __future__ import annotations

import logging
import threading
import time

from notifications.process.log_limits import once_a_minute

logger = logging.getLogger(__name__)


class Reachability:
    """What connections tell of the server, and since when it is away; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._away_since: float | None = None
        self._why = ""

    def answered(self) -> None:
        """The server has said something."""
        if self._away_since is None:
            return
        with self._lock:
            since, self._away_since, self._why = self._away_since, None, ""
        if since is not None:
            logger.info("PostgreSQL answers again, after %.0f s.", time.monotonic() - since)

    def failed(self, why: str, since: float) -> None:
        """The server could not be reached, or has said nothing since then (monotonic seconds)."""
        with self._lock:
            self._away_since = since if self._away_since is None else self._away_since
            self._why = why.strip()
        once_a_minute(logger, logging.WARNING, "away", "PostgreSQL does not answer: %s", self._why)

    def away_s(self) -> float:
        """Seconds since it went away; 0: it has not."""
        since = self._away_since
        return 0.0 if since is None else time.monotonic() - since

    def why(self) -> str:
        """What was wrong when it was tried last; empty: nothing was."""
        return self._why


PROCESS = Reachability()
