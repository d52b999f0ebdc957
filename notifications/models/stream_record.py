"""What was kept of each stream: from where to where it went, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, models

from notifications.models.inbox import Inbox

CAUSE_MAX_LENGTH = 32

_SQL = {
    "postgresql": """
        UPDATE {table} r SET {values} FROM json_array_elements(%s::json) told(v)
        WHERE r.connection = told.v ->> 0""",
    "sqlite": """
        UPDATE {table} AS r SET {values} FROM json_each(%s) told
        WHERE r.connection = json_extract(told.value, '$[0]')""",
}
# How a column is read of a row, by its place there.
_VALUES = {
    "postgresql": {
        "epoch_tag": "told.v ->> 1",
        "acknowledged": "(told.v ->> 2)::bigint",
        "spans": "(told.v -> 3)::jsonb",
        "ended_at": "(told.v ->> 4)::timestamptz",
        "cause": "told.v ->> 5",
        "told_at": "(told.v ->> 6)::timestamptz",
    },
    "sqlite": {
        "epoch_tag": "json_extract(told.value, '$[1]')",
        "acknowledged": "json_extract(told.value, '$[2]')",
        "spans": "json_extract(told.value, '$[3]')",
        "ended_at": "json_extract(told.value, '$[4]')",
        "cause": "json_extract(told.value, '$[5]')",
        "told_at": "json_extract(told.value, '$[6]')",
    },
}


class Progress(NamedTuple):
    """What a stream has come to, in the order in which the statement reads it."""

    connection: str
    epoch_tag: str
    acknowledged: int
    spans: list[list[Any]]
    ended_at: datetime | None
    cause: str


class StreamRecordQuerySet(models.QuerySet["StreamRecord"]):
    def renew(self, told: Sequence[Progress], told_at: datetime) -> None:
        """Write what these have come to, by one statement. Those that are gone stay so."""
        vendor = connection.vendor
        values = ", ".join(f"{name} = {value}" for name, value in _VALUES[vendor].items())
        statement = _SQL[vendor].format(table=self.model._meta.db_table, values=values)
        at = _adapted(told_at)
        # Without a model each: a broadcast is told of every stream of its process.
        rows = [(*one[:4], _adapted(one.ended_at), one.cause, at) for one in told]
        with connection.cursor() as cursor:
            cursor.execute(statement, (json.dumps(rows),))


class StreamRecord(models.Model):
    """A stream's way through the revisions of an inbox.

    An item has a revision, and a stream the ranges that it was sent: so a row for each stream tells
    of every delivery, and none is written for a delivery. Neither address nor device is kept.
    """

    # As the client knows it by `hello`, and the log.
    connection = models.CharField(max_length=32, unique=True)
    # Without a constraint: written in bulk, later, when the user may have gone.
    inbox = models.ForeignKey(
        Inbox, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    # Of the server process.
    process = models.CharField(max_length=32)
    transport = models.CharField(max_length=16)
    epoch_tag = models.CharField(max_length=16, default="")
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=CAUSE_MAX_LENGTH, default="")
    # The revision that the client said it held when it came.
    since = models.PositiveBigIntegerField(null=True)
    acknowledged = models.PositiveBigIntegerField(default=0)
    # What it was sent: of each range [after, up to, how], or a snapshot's [0, at, how, arrived].
    spans: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    told_at = models.DateTimeField()

    objects = StreamRecordQuerySet.as_manager()

    class Meta:
        verbose_name = "stream"
        indexes = [
            models.Index(fields=["inbox", "opened_at"], name="notifications_stream_inbox"),
        ]

    def __str__(self) -> str:
        return f"Stream {self.connection} of inbox {self.inbox_id}"


def _adapted(moment: Any) -> str | None:
    """A time as the database has it in a column of its own."""
    if moment is None:
        return None
    return str(connection.ops.adapt_datetimefield_value(moment))
