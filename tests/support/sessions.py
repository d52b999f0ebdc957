"""Sessions of the tests' users, as what makes tokens knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifications.credentials.logins import Login

if TYPE_CHECKING:
    from accounts.models import Session


def login_by(session: Session) -> Login:
    """Who is signed in by a session that has a user."""
    return Login(session.user, session.session_key, session.expire_date)
