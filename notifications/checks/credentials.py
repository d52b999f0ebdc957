"""Who may open streams and call the API: origins and hosts that stand for too many, CORS."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

from notifications.checks.middleware import CORS, CSRF, PROBLEMS, is_around

# What makes new responses, without the headers that were on the old ones.
_REPLACING = (PROBLEMS, CSRF)


@checks.register(checks.Tags.security)
def cors_outermost(**_kwargs: Any) -> list[checks.CheckMessage]:
    """What is refused further out carries no CORS header: pages could not read why."""
    if CORS not in settings.MIDDLEWARE and not settings.CSRF_TRUSTED_ORIGINS:
        return []  # no page of another origin is let in
    if is_around(CORS, *_REPLACING):
        return []
    return [
        checks.Error(
            "CorsMiddleware is not before the middleware that answers with errors: pages of other "
            "origins could not read them.",
            hint=f"Put {CORS!r} before {' and '.join(_REPLACING)} in MIDDLEWARE.",
            id="notifications.E014",
        )
    ]


@checks.register(checks.Tags.security)
def any_origin(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Such an origin stands for every site of the web, or of a top-level domain."""
    return [
        checks.Error(
            f"CSRF_TRUSTED_ORIGINS has {origin!r}: any site could act as whoever visits it.",
            hint="Name the origins, or at least their domain: https://*.example.com.",
            id="notifications.E015",
        )
        for origin in settings.CSRF_TRUSTED_ORIGINS
        if _host(origin).startswith("*") and "." not in _host(origin).removeprefix("*.")
    ]


@checks.register(checks.Tags.security, deploy=True)
def wildcard_origins(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Whoever gets hold of one subdomain could open sockets as any visitor."""
    return [
        checks.Warning(
            f"CSRF_TRUSTED_ORIGINS has {origin!r}: each of those hosts may act for its visitors.",
            hint="Name the origins one by one.",
            id="notifications.W012",
        )
        for origin in settings.CSRF_TRUSTED_ORIGINS
        if "*" in origin
    ]


@checks.register(checks.Tags.security, deploy=True)
def wildcard_hosts(**_kwargs: Any) -> list[checks.CheckMessage]:
    """An origin is ours where it equals the Host of the request: any name that leads here would."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        checks.Warning(
            "ALLOWED_HOSTS has '*': who lets a name of theirs lead to this server passes as it.",
            hint="Name the hosts.",
            id="notifications.W013",
        )
    ]


def _host(origin: str) -> str:
    return urlsplit(origin).netloc.rpartition("@")[2].partition(":")[0]
