"""Notices what ends a session of whatever engine, where Django tells of it, and says so.

Where each session is a row, its deletion tells: at logout, at ``flush()``, when a key is changed,
by ``clearsessions``. Of all others nothing is told but that somebody has signed out or in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import router, transaction
from django.db.models.signals import post_delete, pre_delete
from django.http import HttpRequest
from django.utils import timezone

from notifications.conf import conf
from notifications.credentials import engines, revocation
from notifications.credentials.session_users import user_key
from notifications.models import Inbox


def connect() -> None:
    """Connect every receiver, once; also to rows of an engine that is not Django's."""
    for model in [one for one in apps.get_models() if issubclass(one, AbstractBaseSession)]:
        pre_delete.connect(note_row, sender=model, dispatch_uid="access_session_ends")
        post_delete.connect(
            revocation.revoke_noted, sender=model, dispatch_uid="access_session_ended"
        )
    user_logged_out.connect(revoke_signed_out, dispatch_uid="access_signed_out")
    user_logged_in.connect(revoke_signed_in_before, dispatch_uid="access_signed_in")


def note_row(instance: AbstractBaseSession, using: str, origin: Any, **_: Any) -> None:
    """A session's row is going to be deleted."""
    user_id = None
    if not _is_long_over(instance):
        data = instance.get_decoded()
        user_id = user_key(data) if isinstance(data, Mapping) else None
    if using == router.db_for_write(Inbox):
        revocation.note(user_id, using, is_all=origin is instance)
    elif user_id is not None:
        # No transaction spans two databases: once this one is over, it is said in the other.
        transaction.on_commit(lambda: revocation.revoke_by_itself([user_id]), using=using)


def _is_long_over(row: AbstractBaseSession) -> bool:
    """Whether all streams have been looked at since it ended; of such there may be very many."""
    return row.expire_date < timezone.now() - timedelta(seconds=2 * conf.ACCESS_CHECK_S)


def revoke_signed_out(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Somebody signs out; the session ends a moment later."""
    if user is not None and _is_told_by_nothing_else(request):
        revocation.revoke_by_itself([user.pk])


def revoke_signed_in_before(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Somebody has signed in, maybe in place of another, whose session is over by that."""
    # As AuthenticationMiddleware keeps it; nobody tells of it where no page has asked who it is.
    before = getattr(request, "_cached_user", None)
    if before is None or not before.is_authenticated or before.pk == user.pk:
        return
    if _is_told_by_nothing_else(request):
        revocation.revoke_by_itself([before.pk])


def _is_told_by_nothing_else(request: HttpRequest | None) -> bool:
    """Whether a session has ended that was no row, and did not lie in the cookie alone."""
    of = type(getattr(request, "session", None))
    return not engines.has_rows(of) and not engines.keeps_nothing(of)
