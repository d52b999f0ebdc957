"""Runs what is due: the walks that nobody is on, what was scheduled, what has expired.

Any number of processes may do so at once; leases and fences keep them out of each other's way.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone
from django.utils.module_loading import import_string

from notifications import figures, sending, supervisor
from notifications.dispatch import Dispatch
from notifications.editing import EditWalk
from notifications.models import Notification, Status
from notifications.removal import RemovalWalk
from notifications.walks import Walk

logger = logging.getLogger(__name__)

# Between two counts of what senders are shown.
_FIGURES_EVERY_S = 2.0

# Set to make this process's dispatcher look at once; nobody waits for it where there is none.
_nudge = threading.Event()


def nudge() -> None:
    """Let this process's dispatcher look at once, for work or for being told to stop."""
    _nudge.set()


def dispatch_now(notification_id: int, *, small: bool) -> None:
    """Dispatch a small audience here and now; leave a large one to a dispatcher."""
    _now(Dispatch(notification_id), small=small)


def remove_now(notification_id: int, *, small: bool) -> None:
    """Remove few items here and now; leave many to a dispatcher."""
    _now(RemovalWalk(notification_id), small=small)


def edit_now(notification_id: int, *, small: bool) -> None:
    """Tell few inboxes of an edit here and now; leave many to a dispatcher."""
    _now(EditWalk(notification_id), small=small)


def _now(walk: Walk, *, small: bool) -> None:
    if small:
        walk.run()
    else:
        nudge()


def run(stop: threading.Event) -> None:
    """Dispatch whatever falls due until ``stop`` is set. Outlives a database that fails."""
    count_at = 0.0
    while not stop.is_set():
        _nudge.clear()
        try:
            run_due(stop)
            if time.monotonic() >= count_at:
                count_at = time.monotonic() + _FIGURES_EVERY_S
                figures.roll_up(stop)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Looking for what is due failed: %s", str(error).strip())
            connection.close()
        except Exception:
            # The thread must outlive a bug: whoever comes next would wait for ever.
            logger.exception("The dispatcher met an error that it does not know")
        finally:
            close_old_connections()
        _nudge.wait(settings.NOTIFICATIONS_DISPATCH_SCAN_S)
    connection.close()


def run_due(stop: threading.Event | None = None) -> None:
    """Do all that is due now, and return."""
    stop = stop or threading.Event()
    begin_due()
    for walk in _due_walks():
        if stop.is_set():
            return
        walk.run(stop)
    for forget in settings.NOTIFICATIONS_HOUSEKEEPING:
        import_string(forget)()


def begin_due() -> None:
    """Let scheduled notifications begin whose time has come, and expired ones end."""
    now = timezone.now()
    # Looked at before anything is written: on SQLite an update that changes no row still waits for
    # the write lock.
    scheduled = Notification.objects.filter(status=Status.SCHEDULED, send_at__lte=now)
    for pk in list(scheduled.values_list("pk", flat=True)[:1000]):
        sending.begin(pk)
    # Whatever its status: with one in the question, SQLite would take the index of the statuses.
    expired = Notification.objects.filter(expires_at__lte=now, expired_at=None)
    for pk in list(expired.values_list("pk", flat=True)[:1000]):
        sending.expire(pk)


def _due_walks() -> Iterator[Walk]:
    for kind in (Dispatch, EditWalk, RemovalWalk):
        # Sorted here: for an ORDER BY, SQLite would walk over the whole table by its key.
        for pk in sorted(kind.unclaimed().values_list("pk", flat=True)[:1000]):
            yield kind(pk)


def start_thread() -> None:
    """Run a dispatcher beside the server in this process, until the process ends."""
    stop = threading.Event()
    supervisor.keep_thread("dispatcher", lambda: run(stop))
