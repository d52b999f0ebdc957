"""Who is signed in by which session: the seam to the project's session engine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
    load_backend,
)
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string

from notifications.conf import conf
from notifications.credentials.logins import Login, is_of_present_password

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.sessions.backends.base import SessionBase

# Whatever engine it is of: 32 letters and digits, or, where the cookie holds the session itself,
# as much as a browser keeps.
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
    """Sessions of any engine of Django's, with any user model; it asks for one after the other.

    A session is known by its cookie's value.
    """

    def is_key(self, cookie: str) -> bool:
        return _COOKIE.fullmatch(cookie) is not None

    def logins_of(self, cookies: Sequence[str]) -> list[Login | None]:
        return [_login(cookie) if self.is_key(cookie) else None for cookie in cookies]

    def still_of(self, session_keys: Sequence[str]) -> list[Login | None]:
        return self.logins_of(session_keys)


def _login(key: str) -> Login | None:
    session: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = _user_of(session)
    return None if user is None else Login(user, key, session.get_expiry_date())


def _user_of(session: SessionBase) -> AbstractBaseUser | None:
    """As ``django.contrib.auth.get_user`` does it, which may also end the session or change it."""
    backend = session.get(BACKEND_SESSION_KEY)
    if backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        user_id = get_user_model()._meta.pk.to_python(session.get(SESSION_KEY))
    except ValidationError:  # of a user model that there was before
        return None
    user: AbstractBaseUser | None = load_backend(backend).get_user(user_id)
    if user is None or not is_of_present_password(user, session.get(HASH_SESSION_KEY, "")):
        return None
    return user
