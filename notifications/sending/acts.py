"""A sender's acts. One door: the admin, the command, the API and other code all come through it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.asyncio import async_unsafe
from django.utils.translation import gettext_lazy as _

from notifications.inbox.idempotency import fingerprint
from notifications.models import Edit, Notification, Removal, Status, transactions
from notifications.models.audience import Audience
from notifications.models.door import CODE, Through
from notifications.sending import dispatch, quota, start
from notifications.wire.message import EDITABLE, PARTS, Message

# Of a row, what its dispatch moves.
FIGURES = ("status", "item_count", "muted_count", "off_count")
REMOVABLE = (Status.SENDING, Status.SENT)
logger = logging.getLogger(__name__)

_UNSENT = (Status.DRAFT, Status.SCHEDULED)


class IdempotencyConflict(Exception):
    """The key was used for another notification; nothing was sent."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Idempotency key {key!r} was used for another notification. Nothing was sent."
        )


class NotEditable(Exception):
    """It was cancelled or withdrawn, or has expired: there is nothing left to edit."""

    def __init__(self) -> None:
        super().__init__("It was cancelled or withdrawn, or has expired; it cannot be edited.")


@dataclass(frozen=True)
class IdempotencyKey:
    """A sender's own name for a request: the same key in the same scope, the same notification."""

    scope: str
    key: str


@dataclass(frozen=True)
class Sent:
    """``created`` is False where an earlier request with the same key had made it already."""

    notification: Notification
    created: bool


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
    notification = _row(message, audience, **through.columns())
    notification.sent_by = sent_by
    if idempotency is not None:
        notification.idempotency_scope = idempotency.scope
        notification.idempotency_key = idempotency.key
    notification.validate()
    notification.request_hash = _request_hash(notification)
    sent = _known(notification)
    if sent is None:
        sent = _accept(notification, audience, rationed=rationed)
    if not connection.in_atomic_block:
        # The dispatch of a small audience ran at the commit, and moved the row.
        sent.notification.refresh_from_db(fields=FIGURES)
    return sent


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
    _row(message, audience).validate()


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


def _row(message: Message, audience: Audience, **columns: str) -> Notification:
    return Notification(
        **columns,
        audience_kind=audience.kind,
        audience_ids=list(audience.ids),
        audience_label=audience.label,
        **message.columns(),
    )


def _known(notification: Notification) -> Sent | None:
    """The notification that this request, named by its key, made before."""
    if notification.idempotency_key is None:
        return None
    existing = Notification.objects.filter(
        idempotency_scope=notification.idempotency_scope,
        idempotency_key=notification.idempotency_key,
    ).first()
    if existing is None:
        return None
    if existing.request_hash != notification.request_hash:
        raise IdempotencyConflict(notification.idempotency_key)
    return Sent(existing, created=False)


def _accept(notification: Notification, audience: Audience, *, rationed: bool) -> Sent:
    if notification.expires_at is not None and notification.expires_at <= timezone.now():
        raise ValidationError({"expires_at": [_("That is over already.")]})
    later = notification.send_at is not None and notification.send_at > timezone.now()
    notification.upto = dispatch.close(audience, is_later=later)
    notification.recipient_count = audience.recipients().count()
    notification.status = Status.SCHEDULED if later else Status.SENDING
    try:
        with transactions.atomic():
            if rationed and (sent := _counted(notification)) is not None:
                return sent
            notification.is_begun = True
            notification.save(force_insert=True)
            if not later:
                start.dispatch_on_commit(notification)
    except IntegrityError:
        # The same request, at the same time: the unique key let the other one in.
        if (sent := _known(notification)) is None:
            raise
        return sent
    transaction.on_commit(lambda: _log_accepted(notification), robust=True)
    return Sent(notification, created=True)


def _log_accepted(notification: Notification) -> None:
    """Without what it says, and without the names of anybody."""
    logger.info(
        "Notification %s accepted for %s: %s of %s, by %s.",
        notification.pk,
        "later" if notification.status == Status.SCHEDULED else "now",
        notification.recipient_count,
        notification.audience_kind,
        # An API key, an admin or the command, as they name themselves to us.
        notification.sent_by or notification.idempotency_scope or "code",
    )


def _counted(notification: Notification) -> Sent | None:
    """Let it be stored in this transaction if its sender has room for one more.

    Returns: the notification that the same request has made meanwhile, which takes no room.
    Raises: QuotaExceeded
    """
    if not quota.applies_to(notification):
        return None
    quota.wait_for_turn(notification)
    if (sent := _known(notification)) is None:
        quota.require_room(notification)
    return sent


def _request_hash(notification: Notification) -> str:
    # Without what was not said: a request that comes again after an upgrade is still the same one.
    nothing = Notification()
    given = [name for name in PARTS if getattr(notification, name) != getattr(nothing, name)]
    names = (*given, "audience_kind", "audience_ids")
    return fingerprint({name: getattr(notification, name) for name in names})
