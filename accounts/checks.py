"""Rules for ``manage.py check``: how the server knows who signs in.

Errors stop every command; warnings are told by ``check --deploy`` alone.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

_SESSIONS = "accounts.sessions"
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
def cookie_for_other_sites(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Browsers take no such cookie by http: nobody could sign in."""
    if settings.SESSION_COOKIE_SAMESITE != "None" or settings.SESSION_COOKIE_SECURE:
        return []
    return [
        checks.Error(
            "SESSION_COOKIE_SAMESITE is 'None' without HTTPS: browsers drop the session's cookie.",
            hint="Set HTTPS=1, or leave SESSION_COOKIE_SAMESITE out.",
            id="accounts.E002",
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
            id="accounts.W001",
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
            id="accounts.W002",
        )
    ]
