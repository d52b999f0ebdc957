"""What of a notification can be muted where it is shown. ``muting.js`` is its twin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.inbox import reading
from notifications.models.preferences import MUTES
from notifications.pages.appearance import category_name
from notifications.preferences import acts, categories
from notifications.wire import contract
from notifications.wire.message import Message

# What the forms of rows ask for, and what takes it back: with the act and the kind of each.
OPS: Final = {f"{verb}-{kind}": (verb, kind) for verb in ("mute", "unmute") for kind in MUTES}


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

    @property
    def offered(self) -> list[Muting]:
        """What can be muted: of what is required, nothing."""
        return [] if self.is_required else self.mutes


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


def name_of(kind: str, value: str, title: str = "") -> str:
    """What is muted, as people know it."""
    if kind == "category":
        return _("category %(name)s") % {"name": category_name(value)}
    if kind == "sender":
        return _("everything from %(sender)s") % {"sender": value}
    if title:
        return _("the thread of “%(title)s”") % {"title": title}
    return _("thread %(key)s") % {"key": value}


def refused(error: Exception) -> str:
    """Why an act was refused, to people: programs are told so in English."""
    if isinstance(error, acts.Locked):
        return _("Notifications of this category are required and cannot be muted.")
    text = ngettext(
        "There is room for %(count)s mute or category; remove some first.",
        "There is room for %(count)s mutes and categories; remove some first.",
        contract.RULES_MAX_COUNT,
    )
    return text % {"count": contract.RULES_MAX_COUNT}


def done(verb: str, kind: str, value: str, title: str, *, is_changed: bool) -> str:
    """What is said of it."""
    name = name_of(kind, value, title)
    if not is_changed:
        text = (
            _("%(name)s was muted already.")
            if verb == "mute"
            else _("%(name)s was not muted already.")
        )
    else:
        text = _("Muted: %(name)s.") if verb == "mute" else _("No longer muted: %(name)s.")
    return text % {"name": name}


def act(user_id: Any, op: str, pk: int) -> tuple[str, str] | None:
    """Mute what a notification's row offers, or take that back.

    Args: op: of ``OPS``.
    Returns: what is said of it, and the op that takes it back; of that nothing where nothing has
        changed. None: there is no such notification, or nothing like that can be muted of it.
    Raises: Locked, TooMany
    """
    verb, kind = OPS[op]
    read = reading.one(user_id, pk)
    found = [] if read is None else [one for one in why(read.message).offered if one.kind == kind]
    if read is None or not found:
        return None
    value = found[0].value
    do = acts.mute if verb == "mute" else acts.unmute
    is_changed = do(user_id, kind, value)
    said = done(verb, kind, value, read.message.title, is_changed=is_changed)
    back = "unmute" if verb == "mute" else "mute"
    return said, f"{back}-{kind}" if is_changed else ""
