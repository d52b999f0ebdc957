"""Model signals become work on commit. A few lines each; apps.py connects them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models.signals import post_save, pre_delete

from notifications import dispatch, dispatcher, fanout, hints
from notifications.models import Edit, Inbox, Notification, Removal, Status
from notifications.signals import Arrived, Edited, Removed, inboxes_changed


def connect() -> None:
    """Connect every receiver, once."""
    post_save.connect(dispatch_on_commit, sender=Notification, dispatch_uid="dispatch")
    post_save.connect(remove_on_commit, sender=Removal, dispatch_uid="removal")
    post_save.connect(edit_on_commit, sender=Edit, dispatch_uid="edit")
    post_save.connect(create_inbox, sender=get_user_model(), dispatch_uid="create_inbox")
    post_save.connect(hint_on_commit, sender=Inbox, dispatch_uid="hint")
    inboxes_changed.connect(hint_bulk_on_commit, dispatch_uid="hint_bulk")
    pre_delete.connect(lock_inbox, sender=get_user_model(), dispatch_uid="lock_inbox")


def dispatch_on_commit(instance: Notification, *, raw: bool = False, **_kwargs: Any) -> None:
    """What is due is dispatched as soon as it is committed; drafts and fixtures are not."""
    if not raw and instance.status == Status.SENDING:
        small = dispatch.fits_one_chunk(instance)
        _on_commit(lambda: dispatcher.dispatch_now(instance.pk, small=small))


def remove_on_commit(
    instance: Removal,
    *,
    created: bool,
    raw: bool = False,
    **_kwargs: Any,
) -> None:
    """A removal begins as soon as it is committed."""
    if created and not raw:
        small = dispatch.fits_one_chunk(instance.notification)
        _on_commit(lambda: dispatcher.remove_now(instance.pk, small=small))


def edit_on_commit(instance: Edit, *, raw: bool = False, **_kwargs: Any) -> None:
    """An edit's walk begins, or begins anew, as soon as it is committed."""
    if not raw:
        small = dispatch.fits_one_chunk(instance.notification)
        _on_commit(lambda: dispatcher.edit_now(instance.pk, small=small))


def hint_on_commit(instance: Inbox, *, created: bool, raw: bool = False, **_kwargs: Any) -> None:
    """An act on one inbox: its streams read what it was."""
    if not created and not raw:
        hint = hints.changed(instance.pk, instance.revision)
        _on_commit(lambda: fanout.publisher.publish([hint]))


def hint_bulk_on_commit(change: Arrived | Removed | Edited, **_kwargs: Any) -> None:
    """A chunk of inboxes: encoded now, in the transaction, so that it says what is committed."""
    bulk = hints.bulk(change)
    _on_commit(lambda: fanout.publisher.publish(bulk))


def create_inbox(instance: Any, *, created: bool, **kwargs: Any) -> None:
    """Users made one by one get their inbox with them; for all others the dispatch makes it."""
    if created:
        Inbox.objects.using(kwargs["using"]).ensure([instance.pk])


def lock_inbox(instance: Any, **kwargs: Any) -> None:
    """Hold the inbox of a user who is being deleted, so that no dispatch puts an item into it."""
    inboxes = Inbox.objects.using(kwargs["using"]).filter(pk=instance.pk)
    inboxes.select_for_update().first()


def _on_commit(act: Callable[[], None]) -> None:
    # robust: the sender's transaction has committed, whatever becomes of what follows. Give it
    # lambdas: in Django 5.2 a partial that fails here raises AttributeError, and is not logged.
    transaction.on_commit(act, robust=True)
