"""Model signals become work on commit. A few lines each; apps.py connects them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models.signals import post_save, pre_delete

from notifications import dispatch, dispatcher
from notifications.models import Inbox, Notification, Removal, Status


def connect() -> None:
    """Connect every receiver, once."""
    post_save.connect(dispatch_on_commit, sender=Notification, dispatch_uid="dispatch")
    post_save.connect(remove_on_commit, sender=Removal, dispatch_uid="removal")
    post_save.connect(create_inbox, sender=get_user_model(), dispatch_uid="create_inbox")
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
