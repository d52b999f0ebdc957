"""What was kept of each stream: from where to where it went, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, models

from notifications.models.inbox import Inbox

CAUSE_MAX_LENGTH = 32


class Beginning(NamedTuple):
    """What does not change of a stream."""

    inbox_id: int
    process: str
    transport: str
    opened_at: datetime
    since: int | None


class Progress(NamedTuple):
    """What a stream has come to."""

    connection: str
    epoch_tag: str
    acknowledged: int
    spans: list[list[Any]]
    ended_at: datetime | None
    cause: str


_PROGRESS = [*Progress._fields, "told_at"]
_COLUMNS = [*_PROGRESS, *Beginning._fields]
# In SQL of our own: a broadcast is told of every stream of its process, and when a server begins
# all come at once; a model for each takes longer than the database does.
_INSERT = {
    # A commit whose answer was lost is tried again.
    "postgresql": "INSERT INTO {table} ({names}) SELECT {values} FROM "
    "json_array_elements(%s::json) told(v) ON CONFLICT DO NOTHING",
    "sqlite": "INSERT OR IGNORE INTO {table} ({names}) SELECT {values} FROM json_each(%s) told",
}
_UPDATE = {
    "postgresql": "UPDATE {table} r SET {values} FROM json_array_elements(%s::json) told(v) "
    "WHERE r.connection = told.v ->> 0",
    "sqlite": "UPDATE {table} AS r SET {values} FROM json_each(%s) told "
    "WHERE r.connection = json_extract(told.value, '$[0]')",
}
# What JSON has as something else.
_POSTGRESQL_TYPES = {
    "acknowledged": "bigint", "inbox_id": "bigint", "since": "bigint", "spans": "jsonb",
    "opened_at": "timestamptz", "ended_at": "timestamptz", "told_at": "timestamptz",
}  # fmt: skip


def _value(vendor: str, name: str) -> str:
    """A column of the row, in SQL."""
    place = _COLUMNS.index(name)
    if vendor == "sqlite":
        return f"json_extract(told.value, '$[{place}]')"
    kind = _POSTGRESQL_TYPES.get(name, "text")
    return f"(told.v {'->' if kind == 'jsonb' else '->>'} {place})::{kind}"


class StreamRecordQuerySet(models.QuerySet["StreamRecord"]):
    def begin(self, new: Sequence[tuple[Beginning, Progress]], told_at: datetime) -> None:
        """Insert these, by one statement, but for those that stand there already."""
        vendor, at = connection.vendor, _adapted(told_at)
        values = ", ".join(_value(vendor, name) for name in _COLUMNS)
        statement = _INSERT[vendor].format(
            table=self.model._meta.db_table, names=", ".join(_COLUMNS), values=values
        )
        rows = [
            (*_adapted_row(progress, at), *one[:3], _adapted(one.opened_at), one.since)
            for one, progress in new
        ]
        self._execute(statement, rows)

    def renew(self, told: Sequence[Progress], told_at: datetime) -> None:
        """Write what these have come to, by one statement. Those that are gone stay so."""
        vendor, at = connection.vendor, _adapted(told_at)
        values = ", ".join(f"{name} = {_value(vendor, name)}" for name in _PROGRESS[1:])
        statement = _UPDATE[vendor].format(table=self.model._meta.db_table, values=values)
        self._execute(statement, [_adapted_row(one, at) for one in told])

    def _execute(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
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


def _adapted_row(one: Progress, told_at: str | None) -> tuple[Any, ...]:
    return (*one[:4], _adapted(one.ended_at), one.cause, told_at)


def _adapted(moment: Any) -> str | None:
    """A time as the database has it in a column of its own."""
    if moment is None:
        return None
    return str(connection.ops.adapt_datetimefield_value(moment))
