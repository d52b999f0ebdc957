"""Rules for ``manage.py check``: who may talk to the server, and how it knows them.

Errors stop every command; warnings are told by ``check --deploy`` alone.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

_SESSIONS = "accounts.sessions"
_CORS = "accounts.api_middleware.CorsMiddleware"
# What makes new responses, without the headers that were on the old ones.
_REPLACING = (
    "notifications.wire.problems.ProblemMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
)
_CONSOLE = "django.core.mail.backends.console.EmailBackend"


@checks.register(checks.Tags.security)
def session_engine(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Sockets look their session up by its row, which says whose it is."""
    if settings.SESSION_ENGINE == _SESSIONS:
        return []
    return [
        checks.Error(
            f"SESSION_ENGINE is {settings.SESSION_ENGINE!r}: sockets would find nobody signed in, "
            "and devices could not be signed out.",
            hint=f"Set it to {_SESSIONS!r}.",
            id="accounts.E001",
        )
    ]


@checks.register(checks.Tags.security)
def cors_outermost(**_kwargs: Any) -> list[checks.CheckMessage]:
    """What is refused further out carries no CORS header: pages could not read why."""
    order = list(settings.MIDDLEWARE)
    inner = [order.index(name) for name in _REPLACING if name in order]
    if _CORS in order and all(order.index(_CORS) < place for place in inner):
        return []
    return [
        checks.Error(
            "CorsMiddleware is not before the middleware that answers with errors: pages of other "
            "origins could not read them.",
            hint=f"Put {_CORS!r} before {' and '.join(_REPLACING)} in MIDDLEWARE.",
            id="accounts.E002",
        )
    ]


@checks.register(checks.Tags.security)
def any_origin(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Such an origin stands for every site of the web, or of a top-level domain."""
    return [
        checks.Error(
            f"CSRF_TRUSTED_ORIGINS has {origin!r}: any site could act as whoever visits it.",
            hint="Name the origins, or at least their domain: https://*.example.com.",
            id="accounts.E003",
        )
        for origin in settings.CSRF_TRUSTED_ORIGINS
        if _host(origin).startswith("*") and "." not in _host(origin).removeprefix("*.")
    ]


@checks.register(checks.Tags.security)
def cookie_for_other_sites(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Browsers take no such cookie by http: nobody could sign in."""
    if settings.SESSION_COOKIE_SAMESITE != "None" or settings.SESSION_COOKIE_SECURE:
        return []
    return [
        checks.Error(
            "SESSION_COOKIE_SAMESITE is 'None' without HTTPS: browsers drop the session's cookie.",
            hint="Set HTTPS=1, or leave SESSION_COOKIE_SAMESITE out.",
            id="accounts.E004",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def wildcard_origins(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Whoever gets hold of one subdomain could open sockets as any visitor."""
    return [
        checks.Warning(
            f"CSRF_TRUSTED_ORIGINS has {origin!r}: each of those hosts may act for its visitors.",
            hint="Name the origins one by one.",
            id="accounts.W001",
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
            id="accounts.W002",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def session_cookie_of_this_host(**_kwargs: Any) -> list[checks.CheckMessage]:
    """By that name a browser takes the cookie from this host alone, and by https."""
    if settings.SESSION_COOKIE_NAME.startswith("__Host-"):
        return []
    return [
        checks.Warning(
            f"The session cookie is named {settings.SESSION_COOKIE_NAME!r}: other hosts of the "
            "domain could set one.",
            hint="Set HTTPS=1, which names it '__Host-notifications_session'.",
            id="accounts.W003",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def mail_in_the_log(**_kwargs: Any) -> list[checks.CheckMessage]:
    """A password reset's link lets in whoever reads it."""
    if settings.EMAIL_BACKEND != _CONSOLE:
        return []
    return [
        checks.Warning(
            "Mail is printed where the server runs: links of password resets stand in its log, and "
            "reach nobody.",
            hint="Set EMAIL_URL, such as smtp://127.0.0.1:25.",
            id="accounts.W004",
        )
    ]


def _host(origin: str) -> str:
    return urlsplit(origin).netloc.rpartition("@")[2].partition(":")[0]
