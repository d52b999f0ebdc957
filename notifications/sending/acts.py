"""A sender's acts. One door: the admin, the command, the API and other code all come through it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from django.utils.asyncio import async_unsafe

from notifications.models import Edit, Notification, Removal, Status, transactions
from notifications.models.audience import Audience
from notifications.models.door import CODE, Through
from notifications.sending import accepting, start
from notifications.sending.accepting import (
    IdempotencyConflict,
    IdempotencyKey,
    Refusal,
    Request,
    Sent,
)
from notifications.wire.message import EDITABLE, Message

__all__ = ["IdempotencyConflict", "IdempotencyKey", "Refusal", "Request", "Sent"]

logger = logging.getLogger(__name__)

# Of a row, what its dispatch moves.
FIGURES = ("status", "item_count", "muted_count", "off_count")
REMOVABLE = (Status.SENDING, Status.SENT)

_UNSENT = (Status.DRAFT, Status.SCHEDULED)


class NotEditable(Exception):
    """It was cancelled or withdrawn, or has expired: there is nothing left to edit."""

    def __init__(self) -> None:
        super().__init__("It was cancelled or withdrawn, or has expired; it cannot be edited.")


# In an event loop it would hold up everybody else: Django's own error, but it names the remedy.
@async_unsafe("send() waits for the database. In async code use `await asend(...)`.")
def send(
    message: Message,
    *,
    audience: Audience,
    idempotency: IdempotencyKey | None = None,
    sent_by: str = "",
    rationed: bool = False,
    through: Through = CODE,
) -> Sent:
    """Accept a notification: once the transaction commits, every recipient gets it exactly once.

    Called inside a transaction it is part of that: rolled back, nothing was sent. An audience
    that fits one chunk is in the inboxes when this returns (or when the transaction around it
    has committed); a larger one is left to a dispatcher.

    Args: message: sent at once, where its ``send_at`` is not later than now. sent_by: who may
        follow and edit it, where that is a program. rationed: whether its sender may tell everyone
        only so often. through: which door it comes, for those who ask later.
    Raises: ValidationError: with messages per field. IdempotencyConflict: the key came with
        another request. QuotaExceeded: it is rationed, and there is no room for it.
    """
    sent = accepting.accept(Request(message, audience, idempotency, sent_by, rationed, through))
    _look_again(sent)
    return sent


@async_unsafe("send_each() waits for the database; in async code give it to a thread.")
def send_each(requests: Sequence[Request]) -> Iterator[Sent | Refusal]:
    """``send`` for many: each of them, in their order, or what ``send`` would raise of it.

    They are sent while they are asked for, those to few people some at a time.

    Raises: DatabaseError: what was told of before is committed.
    """
    for answer in accepting.accept_each(requests):
        if isinstance(answer, Sent):
            _look_again(answer)
        yield answer


def _look_again(sent: Sent) -> None:
    if sent.notification.status == Status.SENDING and not connection.in_atomic_block:
        # The dispatch of a small audience ran at the commit, and moved the row.
        try:
            sent.notification.refresh_from_db(fields=FIGURES)
        except (DatabaseError, InterfaceError) as error:
            # It is committed all the same, which is what its sender asks for.
            logger.warning("Notification %s is sent: %r", sent.notification.pk, error)


async def asend(
    message: Message, *, audience: Audience, idempotency: IdempotencyKey | None = None
) -> Sent:
    """``send`` for async code: when this has returned, it is committed.

    Async code holds no transaction, so there is none for it to be a part of. (Where sync code has
    one open and calls this through ``async_to_sync``, it runs in that thread, and in that
    transaction.) A task that is cancelled while it waits may have sent: give a key, and ask again.
    """
    accept = sync_to_async(send, thread_sensitive=True)
    return await accept(message, audience=audience, idempotency=idempotency)


def check(message: Message, audience: Audience) -> None:
    """Refuse what ``send`` would refuse of it, and send nothing.

    Raises: ValidationError: with messages per field.
    """
    accepting.row_of(message, audience).validate()


@transactions.atomic()
def edit(notification_id: int, **changes: str) -> bool:
    """Change what a notification says, also in the inboxes that it has reached; not announced.

    Those take a revision each, by a job that runs on commit or is left to a dispatcher.

    Args: changes: of ``message.EDITABLE``.
    Returns: whether it says anything else now.
    Raises: NotEditable. ValidationError: with messages per field.
    """
    if unknown := changes.keys() - set(EDITABLE):
        raise TypeError(f"Not editable: {', '.join(sorted(unknown))}.")
    # The row's lock waits for the chunk that is being dispatched; the next has the new content.
    rows = Notification.objects.filter(pk=notification_id, status__in=(*_UNSENT, *REMOVABLE))
    rows = rows.filter(expired_at=None)
    notification = rows.select_for_update(no_key=True).first()
    if notification is None:
        raise NotEditable
    before = {name: getattr(notification, name) for name in changes}
    for name, value in changes.items():
        setattr(notification, name, value)
    notification.validate()
    after = {name: getattr(notification, name) for name in changes}
    if after == before:
        return False
    Notification.objects.filter(pk=notification_id).update(**after)
    if notification.status in REMOVABLE:
        Edit.objects.begin(notification_id, upto=notification.cursor)
        start.edit_on_commit(notification)
    return True


def withdraw(notification_id: int) -> Status | None:
    """Cancel what is not sent yet; take what is out of every inbox it has reached.

    Returns: which of the two it is by that, cancelled or withdrawn; None where it was already.
    """
    rows = Notification.objects.filter(pk=notification_id)
    if rows.filter(status__in=_UNSENT).update(status=Status.CANCELLED):
        return Status.CANCELLED
    if _remove(notification_id, Removal.Reason.WITHDRAWN, status=Status.WITHDRAWN):
        return Status.WITHDRAWN
    return None


def begin(notification_id: int) -> bool:
    """Let a scheduled notification begin now; a dispatcher finds it."""
    scheduled = Notification.objects.filter(pk=notification_id, status=Status.SCHEDULED)
    return scheduled.update(status=Status.SENDING) == 1


def expire(notification_id: int) -> bool:
    """Take a notification whose time is over out of every inbox; its dispatch ends."""
    now = timezone.now()
    if _remove(notification_id, Removal.Reason.EXPIRED, status=Status.SENT, expired_at=now):
        return True
    # Not sent, or withdrawn: there is nothing to take out, and nothing to look for again.
    Notification.objects.filter(pk=notification_id).update(expired_at=now)
    return False


@transactions.atomic()
def _remove(notification_id: int, reason: str, **values: Any) -> bool:
    """Begin the job that removes a notification's items; on commit it runs or is left to do."""
    rows = Notification.objects.filter(pk=notification_id, status__in=REMOVABLE)
    # The row's lock waits for the chunk that is being dispatched, and its status ends the dispatch.
    if not rows.update(**values):
        return False
    notification = Notification.objects.only("item_count").get(pk=notification_id)
    _, is_new = Removal.objects.get_or_create(
        notification=notification, defaults={"reason": reason}
    )
    if is_new:
        start.remove_on_commit(notification)
    return is_new
