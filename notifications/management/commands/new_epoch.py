"""``manage.py new_epoch``: part of restoring a backup while all processes are down."""

from __future__ import annotations

from typing import Any

from notifications.management.output import WorkCommand
from notifications.models import Epoch


class Command(WorkCommand):
    help = "Begin a new epoch: every client drops what it holds and starts from a snapshot."

    def handle(self, *_args: Any, **_options: Any) -> None:
        Epoch.renew(Epoch.objects.get().epoch_secret)
        self.stdout.write("A new epoch has begun.")
