"""``manage.py notify``: send a notification from a shell, a cron job or another service."""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError

from notifications import audiences, dispatcher, protocol, sending
from notifications.audiences import Audience
from notifications.models import Notification, Status


class Command(BaseCommand):
    help = "Send a notification. Exit status 0 means that it is committed: nobody will miss it."
    # Checking the whole project takes longer than sending does.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("title", help=f"1 to {protocol.TITLE_MAX_LENGTH} characters")
        parser.add_argument("--body", default="", help="plain text")
        parser.add_argument("--level", default=protocol.DEFAULT_LEVEL, choices=protocol.LEVELS)
        parser.add_argument("--category", default=protocol.DEFAULT_CATEGORY)
        parser.add_argument("--url", default="", help="a path on this site, or https://...")
        parser.add_argument("--sender", default="", help="who says it, as people know them")
        parser.add_argument("--thread", default="", help="a key that folds notifications together")
        parser.add_argument("--data", default="{}", type=_json_object, help="a JSON object")
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

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            audience = _audience(options)
            if options["dry_run"]:
                self._check(audience, options)
            else:
                self._send(audience, options)
        except ValidationError as error:
            raise CommandError(_explained(error)) from None
        except (ValueError, sending.IdempotencyConflict) as error:
            raise CommandError(str(error)) from None
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(
                f"The database failed: {str(error).strip()}\n"
                "Run it again with the same --key, and it is sent once."
            ) from None

    def _check(self, audience: Audience, options: dict[str, Any]) -> None:
        Notification(
            audience_kind=audience.kind, audience_ids=list(audience.ids), **_content(options)
        ).validate()
        count = audience.recipients().count()
        self.stdout.write(f"Would reach {count} of {audience.label}. Nothing was sent.")

    def _send(self, audience: Audience, options: dict[str, Any]) -> None:
        key = options["key"]
        sent = sending.send(
            audience=audience,
            idempotency=None if key is None else sending.IdempotencyKey("command", key),
            **_content(options),
        )
        notification = sent.notification
        if notification.status == Status.SENDING:
            # A large audience: nobody else need be running for it to arrive.
            dispatcher.dispatch_now(notification.pk, small=True)
            notification.refresh_from_db(fields=["status", "item_count"])
        again = "" if sent.created else " (already, under this key)"
        count = notification.recipient_count
        self.stdout.write(
            f"Notification {notification.pk} {notification.status}{again}: "
            f"{count} recipient{'' if count == 1 else 's'}."
        )


def _content(options: dict[str, Any]) -> dict[str, Any]:
    names = ("title", "body", "level", "category", "url", "sender", "thread", "data")
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
