"""``manage.py demo_users``: somebody to sign in as on a fresh database."""

import os
import secrets
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import User

NAMES = ("alice", "bob", "charlie")
ADMIN = "admin"
# Its members: a group that the documentation's examples send to.
GROUP, MEMBERS = "staff", ("bob", ADMIN)


class Command(BaseCommand):
    """Creates the users and prints their passwords, which are shown nowhere else."""

    help = (
        "Create alice, bob, charlie and the superuser admin, with bob and admin in the group "
        "staff, and print their passwords. "
        "Where any user exists already, do nothing."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --password."""
        parser.add_argument(
            "--password",
            default=os.environ.get("DEMO_PASSWORD"),
            help="one password for all (default: $DEMO_PASSWORD, else a random one each)",
        )

    def handle(self, *args: Any, password: str | None, **options: Any) -> None:
        """Create all of them or none, then print the table."""
        passwords = {name: password or secrets.token_urlsafe(12) for name in (*NAMES, ADMIN)}
        width = max(map(len, passwords))
        table = [f"{'user':{width}}  password"]
        table += (f"{name:{width}}  {word}" for name, word in passwords.items())
        try:
            with transaction.atomic():
                if not _create(passwords):
                    return
                # Before the commit: whoever was made and not shown could never sign in.
                self.stdout.write("\n".join(table))
                self.stdout.flush()
        except (OSError, ValueError, AttributeError) as error:  # full or gone; closed; not there
            raise CommandError(
                f"The passwords cannot be shown ({error}). Nobody was created."
            ) from error


def _create(passwords: dict[str, str]) -> bool:
    if User.objects.exists():
        return False
    for name, password in passwords.items():
        is_admin = name == ADMIN
        User.objects.create_user(
            name,
            # So that a password reset finds somebody to write to; example.com belongs to nobody.
            f"{name}@example.com",
            password,
            is_staff=is_admin,
            is_superuser=is_admin,
        )
    staff, _ = Group.objects.get_or_create(name=GROUP)
    for member in User.objects.filter(username__in=MEMBERS):
        member.groups.add(staff)
    return True
