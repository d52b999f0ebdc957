"""How often somebody may ask (rate limits): token buckets in the memory of each process.

Several processes together let through that many times more. That is enough against a script that
runs wild or tries passwords, needs no other server, and costs a request next to nothing.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from notifications.conf import conf

# Beyond this the one that has not asked for longest is forgotten, and begins with a full bucket.
_MAX = 20_000


class Throttle:
    """So many in a period for each who asks, and as many at once after as long a rest.

    Args: most: how many, asked anew each time, since settings may change. 0: no limit.
        period_s: a minute, where nothing else is said.
    """

    def __init__(self, most: Callable[[], float], period_s: float = 60) -> None:
        self._most = most
        self._period_s = period_s
        self._lock = threading.Lock()
        # Who: what is left, and when that was.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, who: str, now: float | None = None) -> int:
        """Take one. 0, or the whole seconds to wait where there is none left."""
        most = self._most()
        if not most:
            return 0
        now = time.monotonic() if now is None else now
        with self._lock:
            left, then = self._buckets.pop(who, (most, now))
            left = min(most, left + (now - then) * most / self._period_s)
            wait_s = 0 if left >= 1 else math.ceil((1 - left) * self._period_s / most)
            self._buckets[who] = (left if wait_s else left - 1, now)
            if len(self._buckets) > _MAX:
                self._buckets.popitem(last=False)
        return wait_s

    def clear(self) -> None:
        """Let everybody begin anew."""
        with self._lock:
            self._buckets.clear()


def address_of(request: HttpRequest) -> str:
    """The address that asks, as the server knows it (behind a proxy: as that one says)."""
    return f"address:{request.META.get('REMOTE_ADDR', '')}"


def address_of_scope(scope: dict[str, Any]) -> str:
    """The same of a connection that is no request of Django's."""
    client = scope.get("client")
    return f"address:{client[0] if client else ''}"


refused = Throttle(lambda: conf.REFUSED_RATE_PER_MIN)
handshakes = Throttle(lambda: conf.HANDSHAKE_RATE_PER_MIN)
tokens = Throttle(lambda: conf.TOKEN_RATE_PER_MIN)
users = Throttle(lambda: conf.API_USER_RATE_PER_MIN)
keys = Throttle(lambda: conf.API_KEY_RATE_PER_MIN)
ALL = (refused, handshakes, tokens, users, keys)
