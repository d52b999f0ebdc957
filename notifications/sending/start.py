"""Lets jobs begin as soon as what they are about has committed.

Few inboxes are done here and now, by whoever made the job; many are left to a dispatcher, which
also finds what nobody has begun.
"""

from __future__ import annotations

import threading

from django.db import transaction

from notifications.models import Notification
from notifications.sending.dispatch import Dispatch, fits_one_chunk, is_in_few
from notifications.sending.item_jobs import EditJob, RemovalJob
from notifications.sending.jobs import ChunkedJob

# Set to make this process's dispatcher look at once; nobody waits for it where there is none.
nudged = threading.Event()


def nudge() -> None:
    """Let this process's dispatcher look at once, for work or for being told to stop."""
    nudged.set()


def dispatch_on_commit(notification: Notification) -> None:
    """Dispatch a notification that is stored in the transaction that is open."""
    _on_commit(Dispatch(notification.pk), small=fits_one_chunk(notification))


def edit_on_commit(notification: Notification) -> None:
    """Tell the inboxes that it has reached of an edit."""
    _on_commit(EditJob(notification.pk), small=is_in_few(notification))


def remove_on_commit(notification: Notification) -> None:
    """Take it out of the inboxes that it has reached."""
    _on_commit(RemovalJob(notification.pk), small=is_in_few(notification))


def _on_commit(job: ChunkedJob, *, small: bool) -> None:
    # robust: the sender's transaction has committed, whatever becomes of what follows. A lambda: in
    # Django 5.2 a partial that fails here raises AttributeError, and is not logged.
    transaction.on_commit(lambda: _now(job, small=small), robust=True)


def _now(job: ChunkedJob, *, small: bool) -> None:
    if small:
        job.run()
    else:
        nudge()
