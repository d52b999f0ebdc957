"""``manage.py doctor``: looks for what ought not to be in the database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, InterfaceError

from notifications.management import doctor
from notifications.management.output import WorkCommand


class Command(WorkCommand):
    help = (
        "Compare inboxes, jobs and figures with what they should be. Without --repair: read only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="mend what can be mended")

    def handle(self, *_args: Any, repair: bool, **_options: Any) -> None:
        left = 0
        try:
            for finding in doctor.examine(repair=repair):
                self._tell(finding)
                left += finding.count - finding.mended
            hearing = doctor.hearing()
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(f"The database failed: {str(error).strip()}") from error
        if hearing is not None:
            self.stdout.write(hearing)
        if left:
            raise CommandError(f"{left} found and not mended.")
        self.stdout.write("All is well.")

    def _tell(self, finding: doctor.Finding) -> None:
        mended = f", {finding.mended} mended" if finding.mended else ""
        self.stdout.write(f"{finding.count:>8} {finding.what}{mended}")
        for example in finding.examples:
            self.stdout.write(f"         - {example}")
        if 0 < len(finding.examples) < finding.count:
            self.stdout.write(f"         - and {finding.count - len(finding.examples)} more")
        if finding.count > finding.mended:
            self.stdout.write(f"         {finding.hint}")
