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
from notifications.models import Notification, Status
from notifications.models.audience import Audience, Chosen
from notifications.models.audiences import CHOSEN, KINDS
from notifications.models.door import COMMAND
from notifications.sending import accepting, acts
from notifications.sending.acts import IdempotencyKey, Sent
from notifications.sending.dispatch import Dispatch
from notifications.wire.message import DEFAULTS, PARTS, Kind, Message, Part

if TYPE_CHECKING:
    from notifications.management.json_lines import Line

_SCOPE = "command"
# What is said by options; actions are for --jsonl.
_SAID = {
    name: part for name, part in PARTS.items() if name in DEFAULTS and part.kind is not Kind.ACTIONS
}
# Options that speak of one notification, as they are where they were not given.
_OF_ONE: dict[str, Any] = {
    one.option: None if issubclass(one, Chosen) else False for one in KINDS.values()
} | {
    name: {} if part.kind is Kind.DATA else DEFAULTS[name]
    for name, part in _SAID.items()
    if not part.is_name
}


class Command(WorkCommand):
    help = "Send a notification. Exit status 0 means that it is committed: nobody will miss it."
    # Checking the whole project takes longer than sending does.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("title", nargs="?", help=PARTS["title"].help)
        for name, part in _SAID.items():
            option = {"default": DEFAULTS[name], "help": part.help} | _of_kind(part)
            parser.add_argument(f"--{name.replace('_', '-')}", **option)
        audience = parser.add_argument_group("audience (one kind)")
        for kind in KINDS.values():
            taken: dict[str, Any] = {"action": "store_true"}
            if issubclass(kind, Chosen):
                taken = {"action": "append", "metavar": "NAME"}
            audience.add_argument(f"--{kind.option}", help=kind.help, **taken)
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
                key = _key(options["key"])
                message = _message(options)
                sent = acts.send(message, audience=audience, idempotency=key, through=COMMAND)
                self.stdout.write(f"Notification {_finished(sent)}")

    def _check(self, audience: Audience, options: dict[str, Any]) -> None:
        acts.check(_message(options), audience)
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
    skipped = notification.skipped_count
    but = "" if count + skipped == expected else f" ({expected} expected)"
    if skipped:
        reasons = (f"{notification.muted_count} muted", f"{notification.off_count} category off")
        but += f", {skipped} skipped ({', '.join(one for one in reasons if one[0] != '0')})"
    return (
        f"{notification.pk} {notification.status}{again}: "
        f"{count} recipient{'' if count == 1 else 's'}{but}."
    )


def _dispatch(notification: Notification) -> None:
    if notification.status == Status.SENDING:
        Dispatch(notification.pk).run()
        notification.refresh_from_db(fields=acts.FIGURES)


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
    before = accepting.logger.level
    accepting.logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        accepting.logger.setLevel(before)


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


def _of_kind(part: Part) -> dict[str, Any]:
    """How argparse takes what is said by such a field."""
    match part.kind:
        case Kind.WORD:
            return {"choices": part.words}
        case Kind.DATA:
            return {"type": _json_object, "default": "{}"}
        case Kind.MOMENT:
            return {"type": _moment, "metavar": "TIME"}
        case _:
            return {}


def _message(options: dict[str, Any]) -> Message:
    return Message(options["title"], **{name: options[name] for name in _SAID})


def _audience(options: dict[str, Any]) -> Audience:
    given = [kind for kind in KINDS.values() if options[kind.option]]
    if len(given) != 1:
        chosen = ", ".join(f"--{kind.option}" for kind in CHOSEN.values())
        whole = "".join(f", --{kind.option}" for name, kind in KINDS.items() if name not in CHOSEN)
        raise CommandError(f"Name one audience: {chosen} (each may be repeated){whole}.")
    (kind,) = given
    return kind.named(options[kind.option] if kind.kind in CHOSEN else ())


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
