"""Who is signed in by which of our sessions: many at once, with the checks that Django makes."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import Q
from django.utils import timezone

from accounts import sessions
from accounts.models import Session
from notifications.credentials.logins import Login, is_of_present_password


class Finder:
    """Finds the logins of sessions (settings.NOTIFICATIONS_SESSION_FINDER), all by one query.

    A session is known by the key of its row.
    """

    def is_key(self, cookie: str) -> bool:
        """See ``SessionFinder``."""
        return sessions.is_key(cookie)

    def logins_of(self, cookies: Sequence[str]) -> list[Login | None]:
        """Who is signed in by each of these cookies' keys; None where nobody is."""
        keys = [Session.row_key(key) for key in cookies]
        rows = Session.objects.select_related("user").filter(
            session_key__in=set(keys), expire_date__gt=timezone.now(), user__is_active=True
        )
        by_key = {row.session_key: row for row in rows}
        return [_login(by_key.get(key)) for key in keys]

    def still_of(self, session_keys: Sequence[str]) -> list[Login | None]:
        """Who is signed in now by what each row of these keys was; None where nobody is.

        A login goes on under another key where the session's was changed (at a new password of the
        user's own): then ``session_key`` is that other one. The old one lets nobody in.
        """
        keys = set(session_keys)
        rows = Session.objects.select_related("user").filter(
            Q(session_key__in=keys) | Q(previous_key__in=keys),
            expire_date__gt=timezone.now(),
            user__is_active=True,
        )
        by_key: dict[str, Session] = {}
        for row in rows:
            by_key[row.session_key] = row
            if row.previous_key is not None:
                by_key.setdefault(row.previous_key, row)
        return [_login(by_key.get(key)) for key in session_keys]


def _login(session: Session | None) -> Login | None:
    if session is None or session.user is None:
        return None
    data = sessions.SessionStore().decode(session.session_data)
    if data.get(SESSION_KEY) != str(session.user.pk):
        return None
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    if not is_of_present_password(session.user, data.get(HASH_SESSION_KEY, "")):
        return None
    return Login(session.user, session.session_key, session.expire_date)
