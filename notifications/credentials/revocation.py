"""Says that somebody's access may have ended, in the transaction that ends it.

So whoever dies right after the commit has said it. ``QuerySet.update()`` sends no signals: whoever
lets people in must look again now and then.

Who listens locks a row for each user. Rows of users, sessions and tokens come after those: so it is
said before they are written, and of many who go by one deletion at once, in the order of their ids.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from typing import Any

from django.db import DatabaseError, InterfaceError, connections, router
from django.db.models.signals import post_delete, pre_delete
from django.utils import timezone

from notifications.credentials.signals import access_revoked
from notifications.models import AccessToken, Inbox, transactions
from notifications.process import outages

logger = logging.getLogger(__name__)


class _Waiting(threading.local):
    """By database, whose access the deletion ends that this thread is at.

    What one that failed has left is said with the next: one look too many.
    """

    def __init__(self) -> None:
        self.user_ids: dict[str, set[Any]] = {}


_waiting = _Waiting()


def connect() -> None:
    """Connect the receivers, once."""
    pre_delete.connect(note_token, sender=AccessToken, dispatch_uid="access_token_ends")
    post_delete.connect(revoke_noted, sender=AccessToken, dispatch_uid="access_token_ended")


def revoke(user_ids: Collection[Any], using: str = "default") -> None:
    """Say that these users' access may end with the present transaction, where there is one."""
    if user_ids:
        with transactions.atomic(using, savepoint=False):
            access_revoked.send(sender=None, user_ids=set(user_ids), using=using)


def revoke_by_itself(user_ids: Collection[Any], using: str | None = None) -> None:
    """Say it of what has been done, or is going to be, and maybe in no database.

    In a transaction it is part of that. Elsewhere the deed is not undone where this fails: logged,
    it is left to who looks now and then.
    """
    using = using or router.db_for_write(Inbox)
    if connections[using].in_atomic_block:
        revoke(user_ids, using)
        return
    try:
        revoke(user_ids, using)
    except (DatabaseError, InterfaceError) as error:
        outages.tell(logger, error, "That access has ended was not told")


def note_token(instance: AccessToken, using: str, origin: Any, **_: Any) -> None:
    """A token is going to be deleted. Its end never changes, and its streams end before."""
    is_over = instance.expires_at <= timezone.now()
    note(None if is_over else instance.user_id, using, is_all=origin is instance)


def note(user_id: Any, using: str, *, is_all: bool) -> None:
    """Something is going to be deleted that lets this user in, or nobody (None).

    Of all that one deletion takes along Django says this (``pre_delete``) before it deletes the
    first.

    Args: is_all: the deletion is of this alone.
    """
    if user_id is not None:
        _waiting.user_ids.setdefault(using, set()).add(user_id)
    if is_all:
        revoke_noted(using)


def revoke_noted(using: str, **_: Any) -> None:
    """Say of whom it was noted."""
    revoke(_waiting.user_ids.pop(using, ()), using)
