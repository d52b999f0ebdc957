"""What holds for a category where its reader has chosen nothing, and may not choose (a setting)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from notifications.conf import conf
from notifications.models import Level

# In the setting: all categories that it does not name.
ALL_OTHERS: Final = "*"
LOCK: Final = "is_locked"


@dataclass(frozen=True, slots=True)
class Channels:
    """By what somebody is told of a category."""

    inbox: bool = True
    toast: bool = True
    desktop: bool = True
    sound: bool = False


CHANNELS: Final = tuple(one.name for one in fields(Channels))
# Those that the browser asks for, when something is shown; the inbox is asked for at dispatch.
SHOWN: Final = tuple(name for name in CHANNELS if name != "inbox")


def defaults(category: str) -> Channels:
    """What holds where nothing was chosen."""
    said = _said(category)
    given = {name: said[name] for name in CHANNELS if isinstance(said.get(name), bool)}
    return replace(Channels(), **given)


def is_locked(category: str) -> bool:
    """Whether nobody may choose: everybody is told of it as the setting says."""
    return _said(category).get(LOCK) is True


def is_required(level: str, category: str) -> bool:
    """Whether nobody may keep such a notification out."""
    return level == Level.CRITICAL or is_locked(category)


def named() -> list[str]:
    """Those that settings name, in their order."""
    said = conf.PREFERENCES if isinstance(conf.PREFERENCES, Mapping) else {}
    return list(dict.fromkeys(one for one in (*conf.CATEGORIES, *said) if one != ALL_OTHERS))


def _said(category: str) -> Mapping[str, Any]:
    # What is wrong with it a check tells; nobody's send fails by it.
    setting = conf.PREFERENCES
    if not isinstance(setting, Mapping):
        return {}
    said = setting.get(category, setting.get(ALL_OTHERS, {}))
    return said if isinstance(said, Mapping) else {}
