"""Notices what takes somebody's access away, and says so once it is committed.

``QuerySet.update()`` sends no signals: whoever lets people in must look again now and then.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from accounts.models import AccessToken, Session, User
from accounts.signals import access_revoked


class _Waiting(threading.local):
    """By database, whose access ended in this thread's transaction.

    What a rollback leaves is said with the next commit: one look too many.
    """

    def __init__(self) -> None:
        self.user_ids: dict[str, set[int]] = {}


_waiting = _Waiting()


def connect() -> None:
    """Connect every receiver, once."""
    post_delete.connect(revoke_ended, sender=Session, dispatch_uid="accounts.session_ended")
    post_delete.connect(revoke_ended, sender=AccessToken, dispatch_uid="accounts.token_ended")
    post_save.connect(revoke_changed, sender=User, dispatch_uid="accounts.user_changed")
    post_delete.connect(revoke_deleted, sender=User, dispatch_uid="accounts.user_deleted")


def revoke(user_ids: Collection[int], using: str = "default") -> None:
    """Say on commit that these users' access may have ended; once for all of a transaction."""
    if user_ids:
        _waiting.user_ids.setdefault(using, set()).update(user_ids)
        # robust: what has been committed stands, whatever a listener meets.
        transaction.on_commit(lambda: _send(using), using=using, robust=True)


def revoke_ended(instance: Session | AccessToken, using: str, **_: Any) -> None:
    """A session or token was deleted: at logout, from another device, by ``clearsessions``."""
    # A token's end never changes, and its streams end before. A session's may have been brought
    # forward.
    is_over = isinstance(instance, AccessToken) and instance.expires_at <= timezone.now()
    if instance.user_id is not None and not is_over:
        revoke([instance.user_id], using)


def revoke_changed(
    instance: User, *, created: bool, update_fields: Collection[str] | None, using: str, **_: Any
) -> None:
    """A user was saved: with another password, or not active any more."""
    if instance.take_access_change(update_fields) and not created:
        revoke([instance.pk], using)


def revoke_deleted(instance: User, using: str, **_: Any) -> None:
    """A user was deleted, with all that they were let in by."""
    revoke([instance.pk], using)


def _send(using: str) -> None:
    if user_ids := _waiting.user_ids.pop(using, None):
        access_revoked.send(sender=User, user_ids=user_ids, using=using)
