"""Who is signed in by which session: the seam to the project's session engine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Protocol

from django.utils import timezone
from django.utils.module_loading import import_string

from notifications.conf import conf
from notifications.credentials import engines
from notifications.credentials.logins import Login
from notifications.credentials.session_users import users_of

# A key that Django has made is 32 letters and digits, and another engine's may be somewhat longer.
# One that holds what no key does fails all that a database or a cache is asked together.
_KEY = re.compile(r"[\x21-\x7e]{8,128}")
# Where the cookie holds the session itself: as much as a browser keeps.
_COOKIE = re.compile(r"[\x21-\x7e]{8,4096}")


class SessionFinder(Protocol):
    """Finds the logins of sessions, many at once, in the order in which they were asked for.

    It is called in a thread that may use the database, and writes nothing: a session that is
    refused is left for Django to judge at the next request. What a database raises it may raise.
    """

    def is_key(self, cookie: str) -> bool:
        """Whether a cookie's value can be of a session. What is none needs no look-up."""

    def logins_of(self, cookies: Sequence[str]) -> Sequence[Login | None]:
        """Who is signed in by each of these cookies' values; None where nobody is."""

    def still_of(self, session_keys: Sequence[str]) -> Sequence[Login | None]:
        """What each login of such a ``session_key`` is now; None where it has ended.

        It may go on under another ``session_key``; the old one then lets nobody in.
        """


def finder() -> SessionFinder:
    """The one that NOTIFICATIONS_SESSION_FINDER names, or one that knows all engines."""
    return _made(conf.SESSION_FINDER)


@cache
def _made(path: str) -> SessionFinder:
    finder: SessionFinder = import_string(path)()
    return finder


class DjangoSessionFinder:
    """Sessions of any engine, with any user model: a few queries for all of them where the engine
    and the backends of authentication are Django's, else one after the other.

    A session is known by its cookie's value.
    """

    def is_key(self, cookie: str) -> bool:
        form = _KEY if engines.has_short_keys(engines.engine()) else _COOKIE
        return form.fullmatch(cookie) is not None

    def logins_of(self, cookies: Sequence[str]) -> list[Login | None]:
        found = engines.read({cookie for cookie in cookies if self.is_key(cookie)})
        users = users_of({key: stored.data for key, stored in found.items()})
        fresh_until = None
        if engines.keeps_nothing(engines.engine()):
            fresh_until = timezone.now() + timedelta(seconds=conf.ACCESS_CHECK_S)
        logins = {
            key: Login(user, key, found[key].expires_at, fresh_until=fresh_until)
            for key, user in users.items()
        }
        return [logins.get(cookie) for cookie in cookies]

    def still_of(self, session_keys: Sequence[str]) -> list[Login | None]:
        return self.logins_of(session_keys)
