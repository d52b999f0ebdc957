"""Stores notifications to a few people together with their items, in one transaction.

What is stored first and dispatched then is two transactions and some twenty statements. Here most
of these are not needed, since whoever stores a row knows all that is in it. Nobody is waited for:
whose inbox somebody else is at work on gets it by a dispatch.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, IntegrityError, InterfaceError, connection, transaction
from django.db.models.signals import post_save, pre_save
from django.utils import timezone

from notifications.models import Notification, Status, audiences, transactions
from notifications.models.notification import NotificationQuerySet
from notifications.preferences import skipping
from notifications.preferences.skipping import Reason
from notifications.process import metrics
from notifications.sending import arrivals, in_one
from notifications.sending.dispatch import Dispatch
from notifications.sending.signals import inboxes_changed

logger = logging.getLogger(__name__)

_OURS = "notifications."
# How long others' inboxes may stay locked for a key that somebody's open transaction has, too. That
# may want these inboxes next.
_WAIT_FOR_KEY = "SET LOCAL lock_timeout = '50ms'"
# Classes and codes of PostgreSQL by which a statement that it has begun is undone: bad values,
# constraints, what it says of itself, and of locks that were not had. Of one that was ended from
# outside, or whose connection was, nobody can say what has become.
_UNDONE = ("21", "22", "23", "40P01", "42", "55P03")


class NotPossible(Exception):
    """They are to be stored by themselves, and dispatched then."""


def is_listened_to() -> bool:
    """Whether code that is not ours hears of each row that is saved."""
    receivers = (*_receivers(pre_save), *_receivers(post_save))
    return any(not str(one.__module__).startswith(_OURS) for one in receivers)


def stored(rows: Sequence[Notification]) -> list[Notification] | None:
    """``store`` in a transaction of their own; None: none of them is stored.

    Raises: DatabaseError: they may be committed, and must not be tried again.
    """
    if in_one.is_possible() and not is_listened_to():
        with metrics.timed(metrics.dispatch_chunk):
            done = _stored_in_one([copy.copy(row) for row in rows])
        if done is not None:
            return done
    return _stored_together(rows)


def _stored_in_one(rows: list[Notification]) -> list[Notification] | None:
    """By one statement; None: none of them is stored.

    Raises: DatabaseError: they may be committed, and must not be tried again.
    """
    try:
        arrived = in_one.store(rows)
    except Exception as error:
        if not _is_undone(error):
            raise
        if not isinstance(error, IntegrityError):
            logger.warning("%s sends cannot be stored by one statement: %r", len(rows), error)
        return None
    if arrived is None:
        return None
    try:
        inboxes_changed.send(Dispatch, changes=arrived)
    except Exception:
        logger.exception("What was to follow %s sends failed; they are committed.", len(rows))
    return rows


def _is_undone(error: Exception) -> bool:
    """Whether nothing can have come of a statement that ended so."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return True  # ours, before it was sent
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return state.startswith(_UNDONE)


def _stored_together(rows: Sequence[Notification]) -> list[Notification] | None:
    """In a transaction; as above."""
    # Copies, since what is said of a row that could not be stored is untrue.
    rows = [copy.copy(row) for row in rows]
    committed: list[bool] = []
    try:
        with metrics.timed(metrics.dispatch_chunk), transactions.atomic():
            # Before whatever else is done on commit: what fails there comes out here, too.
            transaction.on_commit(lambda: committed.append(True))
            store(rows)
    except Exception as error:
        if committed:
            logger.exception("What was to follow %s sends failed; they are committed.", len(rows))
        elif isinstance(error, NotPossible | IntegrityError):
            # Somebody is at work on one of the inboxes, or sends the same just now: rolled back.
            return None
        else:
            raise
    return rows


def store(rows: Sequence[Notification]) -> None:
    """Store valid rows to chosen users, in their order, in the transaction that is open.

    Raises: NotPossible, IntegrityError: the transaction has to be rolled back.
    """
    try:
        _store(rows)
    except (NotPossible, IntegrityError):
        raise
    except Exception as error:
        # What fails in a dispatch does so after the acceptance, and keeps nobody from sending.
        logger.warning("%s sends cannot be stored with their items: %r", len(rows), error)
        raise NotPossible from error


def _store(rows: Sequence[Notification]) -> None:
    members = [audiences.ChosenUsers(row.audience_ids, "").keys() for row in rows]
    user_ids = {pk for theirs in members for pk in theirs}
    inboxes = arrivals.locked(user_ids, waits=False)
    # Somebody is not active, has no inbox yet, or has one that is locked.
    if len(inboxes) < len(user_ids):
        raise NotPossible
    asked = [{inboxes[pk].inbox_id for pk in theirs} for theirs in members]
    left_out = skipping.skipped_of_many(zip(rows, asked, strict=True))
    last = max(inbox.inbox_id for inbox in inboxes.values())
    for row, theirs, without in zip(rows, members, left_out, strict=True):
        reasons = list(without.values())
        row.status, row.upto, row.cursor = Status.SENT, last, last
        row.recipient_count, row.item_count = len(theirs), len(theirs) - len(without)
        row.muted_count, row.off_count = reasons.count(Reason.MUTED), reasons.count(Reason.OFF)
    _insert(rows)
    arrived = arrivals.of_each(zip(rows, members, left_out, strict=True), inboxes, timezone.now())
    arrivals.store(arrived)
    inboxes_changed.send(Dispatch, changes=[one for one in arrived if one.inboxes])


def _insert(rows: Sequence[Notification]) -> None:
    if connection.vendor == "postgresql" and any(row.idempotency_key is not None for row in rows):
        with connection.cursor() as cursor:
            cursor.execute(_WAIT_FOR_KEY)
    for row in rows:
        row.is_begun = True
    if len(rows) == 1 or not connection.features.can_return_rows_from_bulk_insert:
        for row in rows:
            row.save_base(force_insert=True)
        return
    # Whoever listens hears of each, however many are stored by one statement.
    said: dict[str, Any] = {
        "sender": Notification,
        "raw": False,
        "using": connection.alias,
        "update_fields": None,
    }
    for row in rows:
        pre_save.send(instance=row, **said)
    # Django's own: ours would look at each of them again.
    super(NotificationQuerySet, Notification.objects.all()).bulk_create(rows)
    for row in rows:
        post_save.send(instance=row, created=True, **said)


def _receivers(signal: Any) -> list[Any]:
    sync, of_async = signal._live_receivers(Notification)
    return [*sync, *of_async]
