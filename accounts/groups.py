"""Groups are Django's; their names are kept in one form, as it keeps those of users."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth.models import Group
from django.db.models.signals import pre_save


def connect() -> None:
    """Connect the receiver, once."""
    pre_save.connect(keep_in_one_form, sender=Group, dispatch_uid="accounts.group_named")


def keep_in_one_form(instance: Group, **_kwargs: Any) -> None:
    """Two ways to write one name would be two groups, and look like one."""
    instance.name = unicodedata.normalize("NFC", instance.name)
