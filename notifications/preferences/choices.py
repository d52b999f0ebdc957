"""What somebody can choose of how they are told: its values, and how a row keeps them."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext

from notifications.preferences import categories
from notifications.preferences.categories import SHOWN, Channels

# Seconds that a toast stays; None: until it is closed.
TOAST_S: Final = (5, 8, 20, None)
THEMES: Final = ("auto", "light", "dark")
# Monday is 0, as in Python's dates.
DAYS: Final = tuple(range(7))
_NO_PLACES = ("Etc/", "SystemV/", "posix/")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def languages() -> list[str]:
    """The codes of languages that can be chosen."""
    return [code for code, _ in settings.LANGUAGES]


@cache
def zones() -> frozenset[str]:
    """The names of time zones that can be chosen: those that people know, as far as this machine
    has data of zones. Some containers have none: there UTC is left.
    """
    cities = {name for name in zoneinfo.available_timezones() if "/" in name}
    return frozenset({"UTC"} | {name for name in cities if not name.startswith(_NO_PLACES)})


@dataclass(frozen=True, slots=True)
class Quiet:
    """When nobody is to be disturbed, by the clock of a zone.

    Args: days: on which it begins. start, end: "22:00"; where the end is not later, it is on the
        next day.
    """

    days: tuple[int, ...]
    start: str
    end: str
    zone: str

    def problems(self) -> dict[str, str]:
        """What is wrong with it, by its parts."""
        found = {}
        if not self.days or not set(self.days) <= set(DAYS):
            found["days"] = gettext("Choose at least one day.")
        for name, clock in (("start", self.start), ("end", self.end)):
            if not _TIME.fullmatch(clock):
                found[name] = gettext("Write a time such as 22:00.")
        if self.zone not in zones():
            found["zone"] = gettext("Choose a time zone from the list, such as Europe/Berlin.")
        return found

    def as_json(self) -> dict[str, Any]:
        return {"days": list(self.days), "from": self.start, "to": self.end, "zone": self.zone}

    @classmethod
    def from_json(cls, value: Any) -> Quiet | None:
        """None where that is none, or makes no sense."""
        if not isinstance(value, Mapping) or not isinstance(days := value.get("days"), list):
            return None
        texts = [value.get(name) for name in ("from", "to", "zone")]
        if not all(isinstance(one, str) for one in texts) or not all(
            type(day) is int for day in days
        ):
            return None
        quiet = cls(tuple(sorted(set(days))), *map(str, texts))
        return None if quiet.problems() else quiet


@dataclass(frozen=True, slots=True)
class Choices:
    """How somebody is told. What keeps a notification out of the inbox is not here, but a rule."""

    toast_s: int | None = 8
    keys: bool = True
    theme: str = "auto"
    # Of the pages; empty: as the browser asks for.
    language: str = ""
    quiet: Quiet | None = None
    # By category, whatever was chosen of it.
    shown: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)

    def channels(self, category: str) -> Channels:
        """How they are told of a category; ``inbox`` is what holds for everybody."""
        held = categories.defaults(category)
        if categories.is_locked(category):
            return held
        return replace(held, **self.shown.get(category, {}))

    def as_json(self) -> dict[str, Any]:
        """What differs from what holds for everybody."""
        nothing = Choices()
        said: dict[str, Any] = {
            name: value
            for name in ("toast_s", "keys", "theme", "language")
            if (value := getattr(self, name)) != getattr(nothing, name)
        }
        if self.quiet is not None:
            said["quiet"] = self.quiet.as_json()
        if self.shown:
            said["categories"] = {name: dict(chosen) for name, chosen in self.shown.items()}
        return said

    @classmethod
    def from_json(cls, value: Any) -> Choices:
        """What a row says, whoever wrote it: what makes no sense is as if nobody had chosen."""
        said = value if isinstance(value, Mapping) else {}
        found: dict[str, Any] = {"quiet": Quiet.from_json(said.get("quiet"))}
        if "toast_s" in said and said["toast_s"] in TOAST_S and said["toast_s"] is not True:
            found["toast_s"] = said["toast_s"]
        if isinstance(said.get("keys"), bool):
            found["keys"] = said["keys"]
        if said.get("theme") in THEMES:
            found["theme"] = said["theme"]
        if said.get("language") in languages():
            found["language"] = said["language"]
        chosen = said.get("categories")
        if isinstance(chosen, Mapping):
            found["shown"] = {
                str(name): {one: row[one] for one in SHOWN if isinstance(row.get(one), bool)}
                for name, row in chosen.items()
                if isinstance(row, Mapping)
            }
        return cls(**found)
