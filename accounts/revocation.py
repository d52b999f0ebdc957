"""Notices what takes a user's access away, and says so in the same transaction."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from accounts.models import Session, User
from notifications.credentials.revocation import note, revoke, revoke_noted


def connect() -> None:
    """Connect every receiver, once."""
    for model in (Session, User):
        name = model.__name__
        pre_delete.connect(note_ending, sender=model, dispatch_uid=f"accounts.{name}_ends")
        post_delete.connect(revoke_noted, sender=model, dispatch_uid=f"accounts.{name}_ended")
    pre_save.connect(revoke_changed, sender=User, dispatch_uid="accounts.user_changes")
    post_save.connect(note_stored, sender=User, dispatch_uid="accounts.user_changed")


def note_ending(instance: Session | User, using: str, origin: Any, **_: Any) -> None:
    """Something is going to be deleted: at logout, from another device, with its user."""
    user_id = instance.pk if isinstance(instance, User) else instance.user_id
    note(user_id, using, is_all=origin is instance)


def revoke_changed(
    instance: User, *, update_fields: Collection[str] | None, using: str, **_: Any
) -> None:
    """A user is going to be saved: with another password, or not active any more."""
    if instance.pk is not None and instance.changes_access(update_fields):
        revoke([instance.pk], using)


def note_stored(instance: User, *, update_fields: Collection[str] | None, **_: Any) -> None:
    """A user was saved."""
    instance.note_stored(update_fields)
