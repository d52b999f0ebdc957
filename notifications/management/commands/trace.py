"""``manage.py trace``: what became of a notification, and why somebody did not get it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError

from notifications.inbox import trace
from notifications.inbox.trace import Step, Trace
from notifications.inbox.trace_reasons import name_of
from notifications.inbox.traced_streams import TracedStream
from notifications.models import Notification
from notifications.wire import contract

_TIME_WIDTH, _NAME_WIDTH = 24, 19


class Command(BaseCommand):
    help = "Tell the story of a notification, from the database alone. Reads only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="the notification's id")
        parser.add_argument("--user", metavar="NAME", help="what became of it for this user")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            self._tell(_traced(options["id"], options["user"]))
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(f"The database failed: {str(error).strip()}") from error

    def _tell(self, told: Trace) -> None:
        whom = "all" if told.user is None else told.user.get_username()
        notification = told.notification
        title = f"Notification {notification.pk}, {notification.get_status_display()}, for {whom}:"
        self.stdout.write(title)
        for step in told.steps:
            self.stdout.write(_line(step))
        if told.streams:
            self.stdout.write("Streams that were open when it arrived, or have come since:")
        for stream in told.streams:
            self.stdout.write(_stream_line(stream))


def _traced(wire_id: str, name: str | None) -> Trace:
    pk = contract.notification_pk(wire_id)
    found = None if pk is None else Notification.objects.filter(pk=pk).first()
    if found is None:
        raise CommandError(f"There is no notification {wire_id!r}.")
    if name is None:
        return trace.of(found)
    model = get_user_model()
    user = model._base_manager.filter(**{model.USERNAME_FIELD: name}).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}.")
    return trace.of_user(found, user)


def _line(step: Step) -> str:
    mark = {True: "yes", False: "no", None: "?"}[step.happened]
    since = f" Since {_time(step.since)}." if step.since else ""
    parts = f"{name_of(step.name):<{_NAME_WIDTH}} {mark:<4} {_time(step.at):<{_TIME_WIDTH}}"
    return f"  {parts} {step.sentence}{since}".rstrip()


def _stream_line(stream: TracedStream) -> str:
    end = f"to {_time(stream.ended_at)} ({stream.cause})" if stream.ended_at else "and is open"
    how = f", {stream.how}" if stream.how else ""
    told = ", acknowledged" if stream.acknowledged else ""
    return (
        f"  {stream.connection} {stream.transport} of process {stream.process[:8]}, "
        f"{_time(stream.opened_at)} {end}: {stream.outcome}{how}{told}"
    )


def _time(moment: datetime | None) -> str:
    return contract.wire_time(moment) or ""
