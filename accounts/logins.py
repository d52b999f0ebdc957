"""Who is signed in by which session: many at once, and with the checks that Django makes.

Access tokens sign in too (tokens.py), as the same ``Login``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import Session, User
from accounts.sessions import SessionStore


@dataclass(frozen=True, slots=True)
class Login:
    """A user, what they are signed in by, and when that ends.

    ``session_key``: the session's row, also where that has made the token which came; None where an
    API key has made it. ``token_id``: the token's row, None where the cookie itself came.
    """

    user: User
    session_key: str | None
    expires_at: datetime
    token_id: int | None = None
    # Where the token may be used in a browser.
    origins: tuple[str, ...] = ()


def logins_of(session_keys: Sequence[str]) -> list[Login | None]:
    """Who is signed in by each of these keys of cookies, from one query; None where nobody is.

    Nothing is written: a key that is refused, after SECRET_KEY has changed for instance, is left
    for Django to judge at the next request.
    """
    keys = [Session.row_key(key) for key in session_keys]
    rows = Session.objects.select_related("user").filter(
        session_key__in=set(keys), expire_date__gt=timezone.now(), user__is_active=True
    )
    found = {row.session_key: row for row in rows}
    return [_login(found.get(key)) for key in keys]


def still_of(session_keys: Sequence[str]) -> list[Login | None]:
    """Who is signed in now by what each row of these keys was, from one query; None: nobody is.

    A login goes on under another key where the session's was changed (at a new password of the
    user's own): then ``session_key`` is that other one. The old one lets nobody in.
    """
    keys = set(session_keys)
    rows = Session.objects.select_related("user").filter(
        Q(session_key__in=keys) | Q(previous_key__in=keys),
        expire_date__gt=timezone.now(),
        user__is_active=True,
    )
    found: dict[str, Session] = {}
    for row in rows:
        found[row.session_key] = row
        if row.previous_key is not None:
            found.setdefault(row.previous_key, row)
    return [_login(found.get(key)) for key in session_keys]


def _login(session: Session | None) -> Login | None:
    if session is None or session.user is None:
        return None
    data = SessionStore().decode(session.session_data)
    if data.get(SESSION_KEY) != str(session.user.pk):
        return None
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    if not is_of_present_password(session.user, data.get(HASH_SESSION_KEY, "")):
        return None
    return Login(session.user, session.session_key, session.expire_date)


def is_of_present_password(user: User, session_hash: str) -> bool:
    """Whether a hash of the user's password, taken at sign-in, is that of the present one."""
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(session_hash, known) for known in hashes)
