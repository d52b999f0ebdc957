"""Serving: heartbeats that proxies or slow clients do not bear, middleware."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks

from notifications.checks.middleware import CSRF, PROBLEMS, is_around
from notifications.conf import conf
from notifications.wire import contract

# nginx's proxy_read_timeout, where nobody says anything.
_PROXY_SILENCE_S = 60


@checks.register(deploy=True)
def problems_of_csrf(**_kwargs: Any) -> list[checks.CheckMessage]:
    """What is refused outside of it is answered with a page of HTML, also to programs."""
    if is_around(PROBLEMS, CSRF):
        return []
    return [
        checks.Warning(
            "ProblemMiddleware is not before CsrfViewMiddleware: what the latter refuses is "
            "answered with HTML, also below the API.",
            hint=f"Put {PROBLEMS!r} before it in MIDDLEWARE.",
            id="notifications.W017",
        )
    ]


@checks.register(deploy=True)
def heartbeats_too_rare(**_kwargs: Any) -> list[checks.CheckMessage]:
    """A proxy takes a connection on which nothing passes for dead."""
    interval = conf.PING_INTERVAL_S
    if interval < _PROXY_SILENCE_S:
        return []
    return [
        checks.Warning(
            f"NOTIFICATIONS_PING_INTERVAL_S is {interval:g}: nginx ends what is silent for "
            f"{_PROXY_SILENCE_S} seconds, unless it is told otherwise.",
            hint="Keep it below 60, or silence this where proxy_read_timeout is longer.",
            id="notifications.W008",
        )
    ]


@checks.register(deploy=True)
def heartbeats_too_frequent(**_kwargs: Any) -> list[checks.CheckMessage]:
    """A client gives a connection up on which no frame has ended for the interval and 10 seconds.

    The largest frame takes a slow one longer than that, and it would come back for the same again.
    """
    interval = conf.PING_INTERVAL_S
    slowest_s = contract.FRAME_MAX_BYTES / contract.SLOWEST_BYTES_PER_S
    least = slowest_s - contract.PONG_TIMEOUT_S
    if interval >= least:
        return []
    return [
        checks.Warning(
            f"NOTIFICATIONS_PING_INTERVAL_S is {interval:g}: a client that takes "
            f"{contract.SLOWEST_BYTES_PER_S // 1024} KiB a second would give up amid each of the "
            "largest frames, and reconnect for ever.",
            hint=f"Keep it at {least:g} or above.",
            id="notifications.W009",
        )
    ]


@checks.register(deploy=True)
def debug_in_several_processes(**_kwargs: Any) -> list[checks.CheckMessage]:
    """DEBUG keeps every query in memory and shows settings to strangers: it is no test any more."""
    if not settings.DEBUG or conf.SERVER_PROCESSES == 1:
        return []
    return [
        checks.Warning(
            f"DEBUG is on, and there are {conf.SERVER_PROCESSES} server processes.",
            hint="Take DEBUG out of the environment.",
            id="notifications.W010",
        )
    ]


@checks.register(deploy=True)
def nothing_collected(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Names that hold a hash are looked up in what `collectstatic` wrote."""
    root = settings.STATIC_ROOT
    if not root or Path(root, "staticfiles.json").is_file():
        return []
    return [
        checks.Warning(
            f"Nothing was collected into STATIC_ROOT, {root}: every page would fail.",
            hint="Run manage.py collectstatic, before the server starts.",
            id="notifications.W015",
        )
    ]
