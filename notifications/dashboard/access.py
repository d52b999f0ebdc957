"""Who may watch the live dashboard, and who may let a process drain from there: staff alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notifications.credentials import sessions

WATCH = "notifications.view_dashboard"
DRAIN = "notifications.drain_process"


def may_watch(user: Any) -> bool:
    """Raises: DatabaseError"""
    return _is_staff(user) and _has(user, WATCH)


def may_drain(user: Any) -> bool:
    """Raises: DatabaseError"""
    return may_watch(user) and _has(user, DRAIN)


def still_watching(session_keys: Sequence[str]) -> list[bool]:
    """Of each of these sessions whether whoever it is may still watch.

    Raises: DatabaseError
    """
    logins = sessions.finder().still_of(session_keys)
    # Anew, since a user remembers what they were allowed.
    return [login is not None and may_watch(login.user) for login in logins]


# A project's own user model may have neither field nor permissions: then nobody may.


def _has(user: Any, permission: str) -> bool:
    return hasattr(user, "has_perm") and bool(user.has_perm(permission))


def _is_staff(user: Any) -> bool:
    return bool(user and user.is_active and getattr(user, "is_staff", False))
