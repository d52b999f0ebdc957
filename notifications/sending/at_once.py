"""Stores notifications to a few people together with their items, in one transaction.

What is stored first and dispatched then is two transactions and some twenty statements. Here most
of these are not needed, since whoever stores a row knows all that is in it. Nobody is waited for:
whose inbox somebody else is at work on gets it by a dispatch.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import IntegrityError, connection
from django.utils import timezone

from notifications.models import Notification, Status, audiences
from notifications.models.notification import NotificationQuerySet
from notifications.preferences import skipping
from notifications.preferences.skipping import Reason
from notifications.sending import arrivals
from notifications.sending.dispatch import Dispatch
from notifications.sending.signals import inboxes_changed

logger = logging.getLogger(__name__)


class NotPossible(Exception):
    """They are to be stored by themselves, and dispatched then."""


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
    if len(rows) > 1 and connection.features.can_return_rows_from_bulk_insert:
        # Django's own: ours would look at each of them again.
        super(NotificationQuerySet, Notification.objects.all()).bulk_create(rows)
        return
    for row in rows:
        row.is_begun = True
        row.save_base(force_insert=True)
