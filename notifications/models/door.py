"""Through which door a notification came in, and who or what came through it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

BY_MAX_LENGTH = 100


class Door(models.TextChoices):
    """Empty: the row was written around all of them, as by ``bulk_create`` or SQL."""

    ADMIN = "admin", _("the admin")
    API = "api", _("the API")
    CODE = "code", _("code")
    COMMAND = "command", _("the command")
    ON_SAVE = "on_save", _("a row that was saved")


@dataclass(frozen=True)
class Through:
    """A door, and who or what is there, as the sender names itself to us."""

    door: Door = Door.CODE
    by: str = ""

    def columns(self) -> dict[str, str]:
        """As the row of a notification has it."""
        return {"door": self.door, "accepted_by": self.by[:BY_MAX_LENGTH]}


CODE, COMMAND = Through(), Through(Door.COMMAND)
