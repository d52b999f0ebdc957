"""Model signals become work on commit. A few lines each; apps.py connects them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, transaction
from django.db.models.signals import post_save, pre_delete

from notifications.inbox import stats
from notifications.models import (
    ChangeCounter,
    Inbox,
    InboxItem,
    Notification,
    Status,
)
from notifications.models.users import user_classes
from notifications.process import metrics
from notifications.push import hints, publisher
from notifications.sending import start
from notifications.sending.signals import Arrived, Change, inboxes_changed

# Inboxes that are locked together when access is taken from many users at once.
_REVOKED_AT_ONCE = 1000


def connect() -> None:
    """Connect every receiver, once."""
    post_save.connect(dispatch_on_commit, sender=Notification, dispatch_uid="dispatch")
    post_save.connect(hint_on_commit, sender=Inbox, dispatch_uid="hint")
    inboxes_changed.connect(hint_bulk_on_commit, dispatch_uid="hint_bulk")
    for model in user_classes():
        # The model and its proxies: what extends it may be made for a user whom there is.
        if model._meta.concrete_model is get_user_model()._meta.concrete_model:
            post_save.connect(create_inbox, sender=model, dispatch_uid="notifications.create_inbox")
            pre_delete.connect(end_inbox, sender=model, dispatch_uid="notifications.end_inbox")


def create_missing_inboxes(using: str, **_kwargs: Any) -> None:
    """After migrate: who was there before gets an inbox, and what is sent later finds it."""
    users: Any = get_user_model()
    tables = connections[using].introspection.table_names()
    if {users._meta.db_table, Inbox._meta.db_table} <= set(tables):
        # Not the default manager, which may ask for columns that a migration is still to make.
        Inbox.objects.using(using).ensure(users._base_manager.using(using).all())


def dispatch_on_commit(instance: Notification, *, raw: bool = False, **_kwargs: Any) -> None:
    """What was stored around ``sending.acts`` and is due is dispatched too; fixtures are not."""
    if not raw and not instance.is_begun and instance.status == Status.SENDING:
        start.dispatch_on_commit(instance)


def hint_on_commit(instance: Inbox, *, created: bool, raw: bool = False, **_kwargs: Any) -> None:
    """An act on one inbox: its streams read what it was."""
    if not created and not raw:
        hint = hints.changed(instance.pk, instance.revision)
        _on_commit(lambda: publisher.publish([hint]))


def hint_bulk_on_commit(changes: Sequence[Change], **_kwargs: Any) -> None:
    """A chunk of inboxes: encoded now, in the transaction, so that it says what is committed."""
    bulk = hints.bulk(changes)
    sent = sum(len(change.inboxes) for change in changes if isinstance(change, Arrived))
    _on_commit(lambda: publisher.publish(bulk))
    _on_commit(lambda: metrics.items.labels("sent").inc(sent))


def create_inbox(instance: Any, *, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Users made one by one get their inbox with them; all others when something is sent to them.

    A fixture brings its own.
    """
    if created and not raw:
        inboxes = Inbox.objects.using(kwargs["using"])
        # Somebody may have sent something to all users meanwhile.
        inboxes.bulk_create([Inbox(user_id=instance.pk)], ignore_conflicts=True)


def end_inbox(instance: Any, **kwargs: Any) -> None:
    """Take the inbox of a user who is being deleted, so that no dispatch puts an item into it.

    Django has looked before what goes with the user. An inbox that was begun since would be left
    over, and the user with it.
    """
    using, pk = kwargs["using"], instance.pk
    # From here on nobody begins one: who makes inboxes locks their users.
    users = get_user_model()._base_manager.using(using).filter(pk=pk)
    list(users.select_for_update().values_list("pk", flat=True))
    inboxes = Inbox.objects.using(using).filter(user_id=pk)
    inbox = inboxes.select_for_update().first()
    if inbox is None:
        return
    stats.forget(InboxItem.objects.using(using).filter(inbox=inbox))
    inboxes.delete()
    ChangeCounter.count_gone(using)


def look_at_access(user_ids: Collection[Any], using: str, **_kwargs: Any) -> None:
    """Access is being taken from these users: once that is committed, all processes look.

    The database tells them. The hint is only faster.
    """
    # On SQLite a transaction that has read fails to write once another has written, if it is
    # deferred, as Django begins them: so this one writes first.
    ChangeCounter.next(using)
    theirs = Inbox.objects.using(using).filter(user__among=list(user_ids)).order_by("pk")
    ordered = list(theirs.values_list("pk", flat=True))
    for first in range(0, len(ordered), _REVOKED_AT_ONCE):
        inboxes = Inbox.objects.using(using).filter(
            pk__among=ordered[first : first + _REVOKED_AT_ONCE]
        )
        revoked = hints.revoked(inboxes.raise_access_version())
        _on_commit(lambda revoked=revoked: publisher.publish(revoked), using)  # type: ignore[misc]


def _on_commit(act: Callable[[], None], using: str = "default") -> None:
    # robust: the sender's transaction has committed, whatever becomes of what follows. Give it
    # lambdas: in Django 5.2 a partial that fails here raises AttributeError, and is not logged.
    transaction.on_commit(act, using=using, robust=True)
