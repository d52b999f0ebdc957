"""``manage.py runserver``: Daphne, through our server class; Django's own where there is none."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand

from notifications.process import extras


def _command() -> type[BaseCommand]:
    # Not both: Daphne imports Twisted, which takes half a second.
    if extras.is_there("daphne") and getattr(settings, "ASGI_APPLICATION", None):
        from notifications.management import daphne_runserver  # noqa: PLC0415

        return daphne_runserver.Command
    from notifications.management import pages_runserver  # noqa: PLC0415

    return pages_runserver.Command


Command = _command()
