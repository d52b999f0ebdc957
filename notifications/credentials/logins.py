"""What lets somebody in: a session or an access token, as one and the same ``Login``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.crypto import constant_time_compare


@dataclass(frozen=True, slots=True)
class Login:
    """A user, what they are signed in by, and when that ends.

    ``session_key``: what the session is known by to its finder (sessions.py), also where it has
    made the token which came; None where an API key has made it. ``token_id``: the token's row,
    None where the cookie itself came.
    """

    user: AbstractBaseUser
    # For no log: with most engines it is what the cookie holds.
    session_key: str | None = field(repr=False)
    expires_at: datetime
    token_id: int | None = None
    # Where the token may be used in a browser.
    origins: tuple[str, ...] = ()
    # What came says only how it was when it came (a cookie that holds the session itself: signing
    # out takes it from the browser and changes nothing here), and has to come again by then.
    fresh_until: datetime | None = None


def is_of_present_password(user: AbstractBaseUser, session_hash: str) -> bool:
    """Whether a hash of the user's password, taken at sign-in, is that of the present one."""
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(session_hash, known) for known in hashes)
