"""``manage.py notify``: send notifications from a shell, a cron job or another service."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from notifications.management.output import WorkCommand
from notifications.models import Notification, Status, audiences
from notifications.models.audiences import Audience
from notifications.sending import acts, worker
from notifications.sending.acts import IdempotencyKey, Sent
from notifications.wire import contract

if TYPE_CHECKING:
    from notifications.management.json_lines import Line

_SCOPE = "command"
# Options that speak of one notification, as they are where they were not given.
_OF_ONE: dict[str, Any] = {
    "user": None, "group": None, "everyone": False, "body": "", "level": contract.DEFAULT_LEVEL,
    "category": contract.DEFAULT_CATEGORY, "url": "", "thread": "", "data": {}, "send_at": None,
    "expires_at": None,
}  # fmt: skip


class Command(WorkCommand):
    help = "Send a notification. Exit status 0 means that it is committed: nobody will miss it."
    # Checking the whole project takes longer than sending does.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("title", nargs="?", help=f"1 to {contract.TITLE_MAX_LENGTH} characters")
        parser.add_argument("--body", default="", help="plain text")
        parser.add_argument("--level", default=contract.DEFAULT_LEVEL, choices=contract.LEVELS)
        parser.add_argument("--category", default=contract.DEFAULT_CATEGORY)
        parser.add_argument("--url", default="", help="a path on this site, or https://...")
        parser.add_argument("--sender", default="", help="who says it, as people know them")
        parser.add_argument("--thread", default="", help="a key that folds notifications together")
        parser.add_argument("--data", default="{}", type=_json_object, help="a JSON object")
        parser.add_argument(
            "--send-at", type=_moment, metavar="TIME", help="such as 2026-11-24T09:00:00Z"
        )
        parser.add_argument(
            "--expires-at", type=_moment, metavar="TIME", help="then it leaves all inboxes"
        )
        audience = parser.add_argument_group("audience (one kind)")
        audience.add_argument("--user", action="append", metavar="NAME", help="may be repeated")
        audience.add_argument("--group", action="append", metavar="NAME", help="may be repeated")
        audience.add_argument("--everyone", action="store_true", help="all active users")
        parser.add_argument(
            "--key", help="idempotency key: run again with the same key, it is sent once"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="check everything and count, but send nothing"
        )
        lines = parser.add_argument_group("many at once")
        lines.add_argument(
            "--jsonl",
            metavar="FILE",
            help="a JSON object a line, as POST /api/v1/notifications takes it; - is the standard "
            "input. With --key K the key of line 7 is K/7. Exit status 1: some were not sent",
        )
        lines.add_argument(
            "--atomic", action="store_true", help="with --jsonl: if a line is bad, send none"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        _check_together(options)
        with _explaining(), _unlogged():
            if options["jsonl"] is not None:
                with _opened(options["jsonl"]) as file:
                    self._send_lines(file, options)
                return
            audience = _audience(options)
            if options["dry_run"]:
                self._check(audience, options)
            else:
                sent = acts.send(
                    audience=audience, idempotency=_key(options["key"]), **_content(options)
                )
                self.stdout.write(f"Notification {_finished(sent)}")

    def _check(self, audience: Audience, options: dict[str, Any]) -> None:
        Notification(
            audience_kind=audience.kind, audience_ids=list(audience.ids), **_content(options)
        ).validate()
        count = audience.recipients().count()
        self.stdout.write(f"Would reach {count} of {audience.label}. Nothing was sent.")

    def _send_lines(self, file: BinaryIO, options: dict[str, Any]) -> None:
        # Here, or every command would wait for pydantic.
        from notifications.management import json_lines  # noqa: PLC0415

        key = options["key"]

        def key_of(number: int) -> IdempotencyKey | None:
            return None if key is None else _key(f"{key}/{number}")

        if options["dry_run"]:
            good, bad = self._told(json_lines.check_each(file))
        elif options["atomic"]:
            try:
                good, bad = self._told(json_lines.send_all(file, options["sender"], key_of))
            except json_lines.BadLines as error:
                _, bad = self._told(error.lines)
                raise CommandError(f"{_lines(bad)} bad. Nothing was sent.") from None
        else:
            good, bad = self._told(json_lines.send_each(file, options["sender"], key_of))
        done = "good. Nothing was sent" if options["dry_run"] else "sent"
        if bad:
            raise CommandError(f"{_lines(good)} {done}; {_lines(bad)} bad.")
        self.stdout.write(f"{_lines(good)} {done}.")

    def _told(self, lines: Any) -> tuple[int, int]:
        """Say what became of each line as it comes; how many were good, and bad."""
        good = bad = 0
        line: Line
        for line in lines:
            if line.error is not None:
                bad += 1
                self.stderr.write(f"Line {line.number}: {line.error}")
                continue
            good += 1
            if line.sent is not None:
                self.stdout.write(f"Line {line.number}: notification {_finished(line.sent)}")
        return good, bad


def _finished(sent: Sent) -> str:
    """What became of it; a large audience is dispatched here, for nobody else need be running."""
    notification = sent.notification
    again = "" if sent.created else " (already, under this key)"
    try:
        _dispatch(notification)
    except (DatabaseError, InterfaceError) as error:
        # It is committed all the same, which is what the exit status tells of.
        again += f", and left to a dispatcher: {str(error).strip()}"
    expected = notification.recipient_count
    count = notification.item_count if notification.status == Status.SENT else expected
    but = "" if count == expected else f" ({expected} expected)"
    return (
        f"{notification.pk} {notification.status}{again}: "
        f"{count} recipient{'' if count == 1 else 's'}{but}."
    )


def _dispatch(notification: Notification) -> None:
    notification.refresh_from_db(fields=["status", "item_count"])
    if notification.status == Status.SENDING:
        worker.dispatch_now(notification.pk, small=True)
        notification.refresh_from_db(fields=["status", "item_count"])


@contextmanager
def _explaining() -> Iterator[None]:
    """Say plainly why nothing was sent, or no more."""
    try:
        yield
    except ValidationError as error:
        raise CommandError(_explained(error)) from None
    except (ValueError, acts.IdempotencyConflict) as error:
        raise CommandError(str(error)) from None
    except (DatabaseError, InterfaceError) as error:
        raise CommandError(
            f"The database failed: {str(error).strip()}\n"
            "Run it again with the same --key, and it is sent once."
        ) from None


@contextmanager
def _unlogged() -> Iterator[None]:
    """What is sent is told in the command's own words."""
    before = acts.logger.level
    acts.logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        acts.logger.setLevel(before)


def _check_together(options: dict[str, Any]) -> None:
    title, lines = options["title"], options["jsonl"]
    if (title is None) == (lines is None):
        raise CommandError("Give either a title or --jsonl.")
    if options["atomic"] and lines is None:
        raise CommandError("--atomic goes with --jsonl.")
    given = [name for name, default in _OF_ONE.items() if options[name] != default]
    if lines is not None and given:
        raise CommandError(f"With --jsonl each line says its own {given[0].replace('_', ' ')}.")


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 (what goes wrong with it is not opening it)
    except OSError as error:
        raise CommandError(f"--jsonl {name}: {error.strerror}.") from None
    with file:
        yield file


def _key(key: str | None) -> IdempotencyKey | None:
    return None if key is None else IdempotencyKey(_SCOPE, key)


def _lines(count: int) -> str:
    return f"{count} line{'' if count == 1 else 's'}"


def _content(options: dict[str, Any]) -> dict[str, Any]:
    names = (
        "title", "body", "level", "category", "url", "sender", "thread", "data", "send_at",
        "expires_at",
    )  # fmt: skip
    return {name: options[name] for name in names}


def _audience(options: dict[str, Any]) -> Audience:
    users, groups, everyone = options["user"], options["group"], options["everyone"]
    if sum(map(bool, (users, groups, everyone))) != 1:
        raise CommandError("Name one audience: --user, --group (each may be repeated), --everyone.")
    if users:
        return audiences.ChosenUsers.named(users)
    return audiences.Groups.named(groups) if groups else audiences.Everyone()


def _explained(error: ValidationError) -> str:
    lines = [
        f"{field}: {message}" for field, messages in error.message_dict.items()
        for message in messages
    ]  # fmt: skip
    return "\n".join([*lines, "Nothing was sent."])


def _json_object(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise argparse.ArgumentTypeError("not JSON") from None


def _moment(text: str) -> datetime:
    """A time; without a zone it is one of settings.TIME_ZONE."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("not a time such as 2026-11-24T09:00:00Z") from None
    return moment if moment.tzinfo else timezone.make_aware(moment)
