"""Django's own ``runserver``, in projects that have no ASGI server or application to run here."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.commands.runserver import Command as DjangoCommand

from notifications.management.output import WorkCommand
from notifications.process import extras

if apps.is_installed("django.contrib.staticfiles"):
    # Which would have its turn, were we not before it.
    from django.contrib.staticfiles.management.commands.runserver import Command as StaticCommand
else:
    StaticCommand = DjangoCommand  # type: ignore[assignment, misc]


class Command(WorkCommand, StaticCommand):
    """Serves pages alone; a bell in them asks for its stream elsewhere."""

    def inner_run(self, *args: Any, **options: Any) -> None:
        why = f"{extras.remedy('daphne')} to have them here"
        if not getattr(settings, "ASGI_APPLICATION", None):
            why = "set ASGI_APPLICATION to have them here"
        self.stdout.write(f"This serves pages, and no streams: {why}, or run manage.py serve too.")
        super().inner_run(*args, **options)
