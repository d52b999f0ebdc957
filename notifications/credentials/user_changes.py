"""Notices what takes a user's access away, whatever their model, and says so.

In a transaction it is said before the user's row is written (see revocation.py); where each save is
a transaction of its own, once that is over: whoever hears of it earlier finds the row as it was.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connections
from django.db.models import Model
from django.db.models.signals import post_delete, post_init, post_save, pre_delete, pre_save

from notifications.credentials import revocation
from notifications.models.users import user_classes

_DECIDING = ("password", "is_active")
# Under this name a user's instance keeps what the database holds of those, as it was read or saved
# last. What was not read, as with ``only()``, is not there.
_STORED = "_notifications_stored"


def connect() -> None:
    """Connect every receiver, once."""
    for model in user_classes():
        post_init.connect(note_read, sender=model, dispatch_uid="access_user_read")
        pre_save.connect(revoke_before, sender=model, dispatch_uid="access_user_changes")
        post_save.connect(revoke_after, sender=model, dispatch_uid="access_user_changed")
        pre_delete.connect(note_ending, sender=model, dispatch_uid="access_user_ends")
        post_delete.connect(revocation.revoke_noted, sender=model, dispatch_uid="access_user_ended")


def note_read(instance: Model, **_: Any) -> None:
    """A user was read, or is being made."""
    instance.__dict__[_STORED] = _deciding(instance, None)


def revoke_before(
    instance: Model, *, update_fields: Collection[str] | None, using: str, **_: Any
) -> None:
    """A user is going to be saved, maybe with another password, or not active any more."""
    if instance._state.adding:
        # Made and not read: it may be a new one, or one that is written over.
        instance.__dict__[_STORED] = None
    elif connections[using].in_atomic_block and _changes_access(instance, update_fields):
        revocation.revoke([instance.pk], using)


def revoke_after(
    instance: Model,
    *,
    created: bool,
    update_fields: Collection[str] | None,
    using: str,
    **_: Any,
) -> None:
    """A user was saved."""
    is_unsaid = instance.__dict__.get(_STORED) is None or not connections[using].in_atomic_block
    changes = not created and is_unsaid and _changes_access(instance, update_fields)
    stored = instance.__dict__.get(_STORED) or {}
    instance.__dict__[_STORED] = {**stored, **_deciding(instance, update_fields)}
    if changes:
        revocation.revoke_by_itself([instance.pk], using)


def note_ending(instance: Model, using: str, origin: Any, **_: Any) -> None:
    """A user is going to be deleted."""
    revocation.note(instance.pk, using, is_all=origin is instance)


def _changes_access(instance: Model, saved: Collection[str] | None) -> bool:
    """Whether a save stores another password or activity than there was.

    Args: saved: the fields that are saved, None for all. What an object was given that had not
        been read may be anything, so it counts as changed.
    """
    stored, now = instance.__dict__.get(_STORED) or {}, _deciding(instance, saved)
    return any(name not in stored or stored[name] != now[name] for name in now)


def _deciding(instance: Model, saved: Collection[str] | None) -> dict[str, Any]:
    # Not by attribute: one that is deferred would be read now.
    held = instance.__dict__
    return {
        name: held[name] for name in _DECIDING if name in held and (saved is None or name in saved)
    }
