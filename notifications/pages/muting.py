"""What of a notification can be muted where it is shown whole."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from notifications.pages.appearance import category_name
from notifications.preferences import categories
from notifications.wire.message import Message


@dataclass(frozen=True, slots=True)
class Muting:
    kind: str
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why somebody got it, and what they can do about that."""

    is_required: bool
    mutes: list[Muting]


def why(message: Message) -> Why:
    """Args: message: as its reader is shown it."""
    category = message.category
    name = category_name(category)
    mutes = [
        Muting("thread", message.thread or "", _("Mute this thread")),
        Muting("sender", message.sender or "", _("Mute %(sender)s") % {"sender": message.sender}),
        Muting("category", category, _("Mute category %(category)s") % {"category": name}),
    ]
    is_required = categories.is_required(message.level, category)
    return Why(is_required, [one for one in mutes if one.value])
