"""An act that its client named is done once, however often it is asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from notifications.conf import conf
from notifications.models import Inbox, Operation, transactions


class OperationConflict(Exception):
    """The same ``op_id`` came with another request."""

    def __init__(self, op_id: str) -> None:
        super().__init__(f"op_id {op_id!r} was used for another request.")


@transactions.atomic()
def once(
    recipient_id: Any, op_id: str, request: object, act: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """The answer of ``act``, or the one that it gave when the same request came before.

    Args: request: JSON that identifies what was asked for.
    Raises: OperationConflict: ``op_id`` was used for another request.
    """
    inbox = Inbox.lock(recipient_id)  # two copies of one request wait for each other here
    request_hash = fingerprint(request)
    known = Operation.objects.filter(inbox=inbox, op_id=op_id).first()
    if known is None:
        answer = act()
        Operation.objects.create(inbox=inbox, op_id=op_id, request_hash=request_hash, answer=answer)
        return answer
    if known.request_hash != request_hash:
        raise OperationConflict(op_id)
    return known.answer


def revision_of(recipient_id: Any, op_id: str) -> int | None:
    """The revision that the act of that name took; None: it took none, or nobody remembers it."""
    known = Operation.objects.filter(inbox__user=recipient_id, op_id=op_id).first()
    return known.answer["revision"] if known is not None and known.answer["changed"] else None


def forget_old(most: int = 1000) -> int:
    """Delete up to ``most`` answers that need not be remembered any longer."""
    age = timedelta(hours=conf.OPERATION_RETENTION_H)
    old = Operation.objects.filter(created_at__lt=timezone.now() - age).order_by("created_at")
    pks = list(old.values_list("pk", flat=True)[:most])
    return Operation.objects.filter(pk__in=pks).delete()[0] if pks else 0


def left_over() -> int:
    """How many answers a dispatcher should have forgotten an hour ago."""
    age = timedelta(hours=conf.OPERATION_RETENTION_H + 1)
    return Operation.objects.filter(created_at__lt=timezone.now() - age).count()


def fingerprint(request: object) -> str:
    """SHA-256 of the request as canonical JSON."""
    text = json.dumps(
        request, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str
    )
    return hashlib.sha256(text.encode()).hexdigest()
