"""Whether anything is due, by a statement for many questions: nearly always nothing is.

Each server process asks about once a second. In SQL of our own: most of what the ORM takes to ask
each by itself is its own time. Who is told that something may be due looks properly: a job that
somebody is on, or that rests since it failed, is one of those.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils import timezone

from notifications.models import Edit, InboxItem, Notification, Removal, Status

_TABLES = {
    "notification": Notification._meta.db_table,
    "edit": Edit._meta.db_table,
    "removal": Removal._meta.db_table,
    "item": InboxItem._meta.db_table,
}
# One part for each index: of an OR within one, SQLite would read the table. And the earliest, not
# whether one is over: where many are, PostgreSQL expects to meet one soon that is open, too, and
# reads the table to its end.
_WORK = """
SELECT EXISTS (SELECT 1 FROM {notification} WHERE status = %s)
    OR (SELECT min(send_at) FROM {notification} WHERE status = %s AND send_at IS NOT NULL) <= %s
    OR (SELECT min(expires_at) FROM {notification}
        WHERE expires_at IS NOT NULL AND expired_at IS NULL) <= %s
    OR EXISTS (SELECT 1 FROM {edit} WHERE finished_at IS NULL)
    OR EXISTS (SELECT 1 FROM {removal} WHERE finished_at IS NULL)
""".format_map(_TABLES)
_ASLEEP = """
SELECT (SELECT min(snoozed_until) FROM {item}
        WHERE removed_at IS NULL AND snoozed_until IS NOT NULL) <= %s
""".format_map(_TABLES)


def is_work() -> bool:
    """Whether something is to begin or to expire, or some job is not finished.

    Raises: DatabaseError
    """
    now = _now()
    return _is_so(_WORK, Status.SENDING.value, Status.SCHEDULED.value, now, now)


def is_asleep() -> bool:
    """Whether something that was snoozed is to wake.

    Raises: DatabaseError
    """
    return _is_so(_ASLEEP, _now())


def _now() -> Any:
    return connection.ops.adapt_datetimefield_value(timezone.now())


def _is_so(statement: str, *parameters: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        # NULL where there is nothing that could be due.
        return bool(cursor.fetchone()[0])
