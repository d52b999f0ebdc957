"""Wiring: which signal reaches which receiver."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        # Not before the apps are loaded: they import models.
        from notifications import checks, receivers  # noqa: F401, PLC0415
        from notifications.credentials import revocation, session_ends, user_changes  # noqa: PLC0415
        from notifications.credentials.signals import access_revoked  # noqa: PLC0415
        from notifications.models.epoch import create_single_rows  # noqa: PLC0415
        from notifications.models.tolerance import read_anything  # noqa: PLC0415

        connection_created.connect(read_anything, dispatch_uid="notifications.read_anything")
        post_migrate.connect(create_single_rows, sender=self)
        post_migrate.connect(receivers.create_missing_inboxes, sender=self)
        receivers.connect()
        for endings in (revocation, session_ends, user_changes):
            endings.connect()
        access_revoked.connect(receivers.look_at_access, dispatch_uid="look_at_access")
