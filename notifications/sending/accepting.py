"""How what is to be sent becomes a row: known by its key, or stored, maybe with its items."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.conf import conf
from notifications.inbox.idempotency import fingerprint
from notifications.models import Notification, Status, transactions
from notifications.models.audience import Audience
from notifications.models.audiences import ChosenUsers
from notifications.models.door import CODE, Through
from notifications.sending import at_once, dispatch, quota, start
from notifications.sending.together import Together
from notifications.wire.message import PARTS, Message

logger = logging.getLogger(__name__)


class IdempotencyConflict(Exception):
    """The key was used for another notification; nothing was sent."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Idempotency key {key!r} was used for another notification. Nothing was sent."
        )


@dataclass(frozen=True)
class IdempotencyKey:
    """A sender's own name for a request: the same key in the same scope, the same notification."""

    scope: str
    key: str


@dataclass(frozen=True)
class Request:
    """What is to be sent, and to whom; see ``acts.send``."""

    message: Message
    audience: Audience
    idempotency: IdempotencyKey | None = None
    sent_by: str = ""
    rationed: bool = False
    through: Through = CODE


@dataclass(frozen=True)
class Sent:
    """``created`` is False where an earlier request with the same key had made it already."""

    notification: Notification
    created: bool


# Why one of several is not sent, which leaves the others alone.
Refusal: TypeAlias = ValidationError | IdempotencyConflict | quota.QuotaExceeded
_REFUSALS = (ValidationError, IdempotencyConflict, quota.QuotaExceeded)

# What was accepted before, by the scopes and keys of requests.
_Known: TypeAlias = Mapping[tuple[str, str | None], Notification]


@dataclass(frozen=True)
class _Prepared:
    """A request, and a row for it that is valid and not stored yet."""

    request: Request
    row: Notification

    @property
    def is_later(self) -> bool:
        return self.row.send_at is not None and self.row.send_at > timezone.now()

    @property
    def key(self) -> tuple[str, str | None]:
        return self.row.idempotency_scope, self.row.idempotency_key


def row_of(message: Message, audience: Audience, through: Through = CODE) -> Notification:
    """A row that says so; neither stored nor known to be valid."""
    return Notification(
        **through.columns(),
        audience_kind=audience.kind,
        audience_ids=list(audience.ids),
        audience_label=audience.label,
        **message.columns(),
    )


def accept(request: Request) -> Sent:
    """Accept it; together with its items where it is to few people and no transaction is open.

    Raises: ValidationError, IdempotencyConflict, QuotaExceeded.
    """
    one = _prepared(request)
    known = _known([one])
    sent = _sent_at_once(one) if _few(one, known) else None
    if sent is None:
        return _again(one, known) or _accept(one)
    _log_accepted(sent.notification)
    return sent


def accept_each(requests: Sequence[Request]) -> Iterator[Sent | Refusal]:
    """Accept each of them, in their order; or say why not. Those to few people go together.

    Each is told of before the next that do not go with it are begun.

    Raises: DatabaseError: what was told of before is committed.
    """
    tried = [_tried(request) for request in requests]
    known = _known([one for one in tried if isinstance(one, _Prepared)])
    for some in _runs(tried, known):
        if isinstance(some, _Prepared | ValidationError):
            yield _answer(some, known)
        elif (stored := _at_once(some)) is None:
            yield from (_answer(one, known) for one in some)
        else:
            for sent in stored:
                _log_accepted(sent.notification)
            yield from stored


def _prepared(request: Request) -> _Prepared:
    """Raises: ValidationError"""
    row = row_of(request.message, request.audience, request.through)
    row.sent_by = request.sent_by
    if request.idempotency is not None:
        row.idempotency_scope = request.idempotency.scope
        row.idempotency_key = request.idempotency.key
    row.validate()
    row.request_hash = _request_hash(row)
    return _Prepared(request, row)


def _tried(request: Request) -> _Prepared | ValidationError:
    try:
        return _prepared(request)
    except ValidationError as error:
        return error


def _runs(
    tried: Sequence[_Prepared | ValidationError], known: _Known
) -> Iterator[list[_Prepared] | _Prepared | ValidationError]:
    """In their order: as many at a time as may be stored together, and what goes by itself."""
    some: list[_Prepared] = []
    room = size = conf.DISPATCH_CHUNK_SIZE
    for one in tried:
        count = _few(one, known) if isinstance(one, _Prepared) else None
        if some and (count is None or count > room):
            yield some
            some, room = [], size
        if count is None or not isinstance(one, _Prepared):
            yield one
        else:
            some.append(one)
            room -= count
    if some:
        yield some


def _few(one: _Prepared, known: _Known) -> int | None:
    """To how many it goes; None: it is nothing to be stored with its items."""
    audience = one.request.audience
    if one.key in known or connection.in_atomic_block or not isinstance(audience, ChosenUsers):
        return None
    if one.is_later or _is_over(one.row) or (one.request.rationed and quota.applies_to(one.row)):
        return None
    if not connection.get_autocommit():
        # Whoever switched it off commits when they like, which is no transaction to share.
        return None
    count = len(audience.ids)
    return count if 0 < count <= conf.DISPATCH_CHUNK_SIZE else None


def _at_once(some: Sequence[_Prepared]) -> list[Sent] | None:
    """Store these with their items in one transaction; None: none of them is stored."""
    rows = at_once.stored([one.row for one in some])
    return None if rows is None else [Sent(row, created=True) for row in rows]


def _sent_at_once(one: _Prepared) -> Sent | None:
    if at_once.is_listened_to():
        # By code that may ask in whose thread, and for whose request, it is called.
        return stored[0] if (stored := _at_once([one])) else None
    return _sends.do(one, conf.DISPATCH_CHUNK_SIZE)


# Those that come at the same time, in whatever threads, share a transaction.
_sends: Together[_Prepared, Sent] = Together(_at_once, lambda one: len(one.row.audience_ids))


def _answer(one: _Prepared | ValidationError, known: _Known) -> Sent | Refusal:
    if isinstance(one, ValidationError):
        return one
    try:
        return _again(one, known) or _accept(one)
    except _REFUSALS as refusal:
        return refusal


def _known(some: Sequence[_Prepared]) -> _Known:
    """The notifications that these requests, named by their keys, have made before."""
    keys: dict[str, list[str]] = {}
    for one in some:
        scope, key = one.key
        if key is not None:
            keys.setdefault(scope, []).append(key)
    return {
        (row.idempotency_scope, row.idempotency_key): row
        for scope, theirs in keys.items()
        for row in Notification.objects.filter(idempotency_scope=scope, idempotency_key__in=theirs)
    }


def _again(one: _Prepared, known: _Known) -> Sent | None:
    """Raises: IdempotencyConflict: the key came with another request."""
    existing = known.get(one.key)
    if existing is None:
        return None
    if existing.request_hash != one.row.request_hash:
        raise IdempotencyConflict(str(one.row.idempotency_key))
    return Sent(existing, created=False)


def _accept(one: _Prepared) -> Sent:
    notification, audience = one.row, one.request.audience
    if _is_over(notification):
        raise ValidationError({"expires_at": [_("That is over already.")]})
    later = one.is_later
    notification.upto = dispatch.close(audience, is_later=later)
    notification.recipient_count = audience.recipients().count()
    notification.status = Status.SCHEDULED if later else Status.SENDING
    try:
        with transactions.atomic():
            if one.request.rationed and (sent := _counted(one)) is not None:
                return sent
            notification.is_begun = True
            notification.save(force_insert=True)
            if not later:
                start.dispatch_on_commit(notification)
            transaction.on_commit(lambda: _log_accepted(notification), robust=True)
    except IntegrityError:
        # The same request, at the same time: the unique key let the other one in.
        if (sent := _again(one, _known([one]))) is None:
            raise
        return sent
    return Sent(notification, created=True)


def _is_over(notification: Notification) -> bool:
    return notification.expires_at is not None and notification.expires_at <= timezone.now()


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


def _counted(one: _Prepared) -> Sent | None:
    """Let it be stored in this transaction if its sender has room for one more.

    Returns: the notification that the same request has made meanwhile, which takes no room.
    Raises: QuotaExceeded
    """
    if not quota.applies_to(one.row):
        return None
    quota.wait_for_turn(one.row)
    if (sent := _again(one, _known([one]))) is None:
        quota.require_room(one.row)
    return sent


def _request_hash(notification: Notification) -> str:
    # Without what was not said: a request that comes again after an upgrade is still the same one.
    nothing = Notification()
    given = [name for name in PARTS if getattr(notification, name) != getattr(nothing, name)]
    names = (*given, "audience_kind", "audience_ids")
    return fingerprint({name: getattr(notification, name) for name in names})
