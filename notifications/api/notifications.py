"""Sending, for other services: accept, follow, edit, withdraw."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Protocol

from django.http import HttpRequest
from ninja import Header, Path, Router, Status

from notifications.api.errors import BODY_PROBLEMS, or_problem
from notifications.api.schemas import EditIn, NotificationIn, ReportOut, SentOut
from notifications.api.values import LINE, NO_NUL
from notifications.inbox import stats
from notifications.models import Notification
from notifications.models.audiences import Everyone
from notifications.models.door import Door, Through
from notifications.sending import acts
from notifications.wire import contract
from notifications.wire.problems import Problem

router = Router(tags=["Sending"])

NotificationId = Annotated[str, Path(alias="id", pattern=NO_NUL)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=contract.IDEMPOTENCY_KEY_MAX_LENGTH,
        description="Kept at least 7 days, for this API key. The same key with the same body "
        "answers 200 with the same notification, with another body 409.",
        pattern=LINE,
    ),
]


class Sender(Protocol):
    """Whose request it is: ``request.auth``, as authentication.py has found it."""

    # What people see as the sender.
    name: str
    # Those of ``audiences`` that it has, maybe among others.
    scopes: Collection[str]

    @property
    def identity(self) -> str:
        """Unique among all who send, at most 64 characters: whose idempotency keys and
        notifications these are.
        """


@router.post(
    "",
    response={200: SentOut} | or_problem(SentOut, 409, *BODY_PROBLEMS, status=201),
    summary="Send a notification",
)
def send(
    request: HttpRequest,
    asked: NotificationIn,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """201: it is committed, and reaches every recipient exactly once.

    Recipients are the active users who match when their turn comes, and existed when it was
    accepted. Unknown names: 422, which names them, and nothing is sent.
    """
    sender = sender_of(request)
    scope = asked.audience.kind.scope
    # Before any name is looked up: who may not send there learns not who is there.
    if scope not in sender.scopes:
        raise Problem(403, f"This API key lacks the scope {scope!r}.")
    audience = asked.audience.found()
    everyone = Everyone.scope
    if everyone not in sender.scopes and audience.is_as_good_as_everyone():
        raise Problem(403, f"These groups are as good as everyone; that needs {everyone!r}.")
    key = None
    if idempotency_key is not None:
        key = acts.IdempotencyKey(sender.identity, idempotency_key)
    sent = acts.send(
        asked.message(sender.name),
        audience=audience,
        idempotency=key,
        sent_by=sender.identity,
        rationed=True,
        through=Through(Door.API, sender.identity),
    )
    return Status(201 if sent.created else 200, _shown(sent.notification))


@router.get("/{id}", response=or_problem(ReportOut, 404), summary="What became of a notification")
def report(request: HttpRequest, wire_id: NotificationId) -> Any:
    """Of those that this API key has sent; all others are the same 404."""
    return _report(own(request, wire_id))


@router.patch(
    "/{id}", response=or_problem(ReportOut, 404, 409, *BODY_PROBLEMS), summary="Edit a notification"
)
def edit(request: HttpRequest, wire_id: NotificationId, asked: EditIn) -> Any:
    """Also where it has arrived already, and while it is being sent; nothing is announced anew."""
    notification = own(request, wire_id)
    acts.edit(notification.pk, **asked.changes())
    return _report(own(request, wire_id))


@router.delete("/{id}", response=or_problem(ReportOut, 404), summary="Withdraw a notification")
def withdraw(request: HttpRequest, wire_id: NotificationId) -> Any:
    """Cancels what is not sent yet, takes what is out of all inboxes. Again: changes nothing."""
    notification = own(request, wire_id)
    acts.withdraw(notification.pk)
    return _report(own(request, wire_id))


def sender_of(request: HttpRequest) -> Sender:
    """Whose request it is."""
    sender: Sender = request.auth  # type: ignore[attr-defined]
    return sender


def own(request: HttpRequest, wire_id: str) -> Notification:
    """Raises: Problem: there is none of that id that this sender has sent."""
    pk = contract.notification_pk(wire_id)
    sent_by = sender_of(request).identity
    notification = (
        None if pk is None else Notification.objects.filter(pk=pk, sent_by=sent_by).first()
    )
    if notification is None:
        raise Problem(404, "There is no such notification of yours.")
    return notification


def _shown(notification: Notification) -> dict[str, Any]:
    return {
        "id": str(notification.pk),
        "status": notification.status,
        "recipient_count": notification.recipient_count,
    }


def _report(notification: Notification) -> dict[str, Any]:
    counts = stats.kept(notification.pk)
    return _shown(notification) | {
        "item_count": notification.item_count,
        "muted_count": notification.muted_count,
        "off_count": notification.off_count,
        "delivered_count": counts.delivered,
        "seen_count": counts.seen,
        "read_count": counts.read,
    }
