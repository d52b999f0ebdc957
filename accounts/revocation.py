"""Notices what takes somebody's access away, and says so in the same transaction.

So whoever dies right after the commit has said it. ``QuerySet.update()`` sends no signals: whoever
lets people in must look again now and then.

Who listens locks a row for each user. Rows of users, sessions and tokens come after those: so it is
said before they are written, and of many who go by one deletion at once, in the order of their ids.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.utils import timezone

from accounts.models import AccessToken, Session, User
from accounts.signals import access_revoked


class _Waiting(threading.local):
    """By database, whose access the deletion ends that this thread is at.

    What one that failed has left is said with the next: one look too many.
    """

    def __init__(self) -> None:
        self.user_ids: dict[str, set[int]] = {}


_waiting = _Waiting()


def connect() -> None:
    """Connect every receiver, once."""
    for model in (Session, AccessToken, User):
        name = model.__name__
        pre_delete.connect(note_ending, sender=model, dispatch_uid=f"accounts.{name}_ends")
        post_delete.connect(revoke_noted, sender=model, dispatch_uid=f"accounts.{name}_ended")
    pre_save.connect(revoke_changed, sender=User, dispatch_uid="accounts.user_changes")
    post_save.connect(note_stored, sender=User, dispatch_uid="accounts.user_changed")


def revoke(user_ids: Collection[int], using: str = "default") -> None:
    """Say that these users' access may end with the present transaction, where there is one."""
    if user_ids:
        with transaction.atomic(using, savepoint=False):
            access_revoked.send(sender=User, user_ids=set(user_ids), using=using)


def note_ending(instance: Session | AccessToken | User, using: str, origin: Any, **_: Any) -> None:
    """Something is going to be deleted: at logout, from another device, with its user.

    Of all that one deletion takes along Django says this before it deletes the first.
    """
    if (user_id := _whose(instance)) is not None:
        _waiting.user_ids.setdefault(using, set()).add(user_id)
    if origin is instance:
        revoke_noted(using)


def revoke_noted(using: str, **_: Any) -> None:
    """Say of whom it was noted."""
    revoke(_waiting.user_ids.pop(using, ()), using)


def revoke_changed(
    instance: User, *, update_fields: Collection[str] | None, using: str, **_: Any
) -> None:
    """A user is going to be saved: with another password, or not active any more."""
    if instance.pk is not None and instance.changes_access(update_fields):
        revoke([instance.pk], using)


def note_stored(instance: User, *, update_fields: Collection[str] | None, **_: Any) -> None:
    """A user was saved."""
    instance.note_stored(update_fields)


def _whose(ending: Session | AccessToken | User) -> int | None:
    if isinstance(ending, User):
        return ending.pk
    # A token's end never changes, and its streams end before. A session's may have been brought
    # forward.
    is_over = isinstance(ending, AccessToken) and ending.expires_at <= timezone.now()
    return None if is_over else ending.user_id
