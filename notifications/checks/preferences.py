"""What settings say of categories: a slip there would be taken for nothing said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core import checks

from notifications.conf import conf
from notifications.preferences.categories import ALL_OTHERS, CHANNELS, LOCK
from notifications.wire import content

_KNOWN = (*CHANNELS, LOCK)


@checks.register()
def defaults(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Each category has a mapping of what is known, to what is true or not."""
    setting = conf.PREFERENCES
    if not isinstance(setting, Mapping):
        return [_error(f"is {setting!r}, which is no mapping of categories")]
    return [_error(wrong) for category, said in setting.items() for wrong in _wrong(category, said)]


def _wrong(category: Any, said: Any) -> Iterator[str]:
    if not _is_category(category):
        yield f"names {category!r}, which can be no category"
    if not isinstance(said, Mapping):
        yield f"says {said!r} of {category!r}, which is no mapping"
        return
    for name, value in said.items():
        if name not in _KNOWN or not isinstance(value, bool):
            yield f"says {name!r}: {value!r} of {category!r}"
    if said.get(LOCK) is True and said.get("inbox") is False:
        yield f"locks {category!r} where it is off: nobody could ever get it"


def _is_category(value: Any) -> bool:
    if value == ALL_OTHERS:
        return True
    try:
        content.check_category(value)
    except (TypeError, ValueError):
        return False
    return True


def _error(wrong: str) -> checks.CheckMessage:
    known = ", ".join(_KNOWN)
    return checks.Error(
        f"NOTIFICATIONS_PREFERENCES {wrong}.",
        hint=f'Write {{"billing": {{"sound": True, "{LOCK}": True}}}}. Known are {known}, each '
        f'True or False, and "{ALL_OTHERS}" for all other categories.',
        id="notifications.E033",
    )
