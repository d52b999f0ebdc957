"""What can be shown of a notification whose row was written around the model.

SQL, a bulk update or another program may leave anything in a column that its type lets in. Such a
row must cost nobody else anything: what is good of it is shown, the rest by what stands for it.
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from notifications.wire import content, contract
from notifications.wire.message import Kind, Part

T = TypeVar("T")

logger = logging.getLogger(__name__)

# Instead of a title that there is none of.
TITLE = "Notification"
# What stands for a moment that must be there, and cannot be read.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"
# So many notifications are remembered, so that each is logged once.
_LOGGED_MAX = 1_000

_logged: OrderedDict[int, None] = OrderedDict()


class Salvage:
    """Takes out of one row what can be shown; ``mended`` names the columns that were not good."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row
        self.mended: list[str] = []

    def part(self, name: str, part: Part, default: Any) -> Any:
        """A field of a message."""
        match part.kind:
            case Kind.LINE:
                return self.line(name, part.max_length, default)
            case Kind.LINES:
                return self.lines(name, part.max_length)
            case Kind.WORD:
                return self.word(name, part.words, default)
            case _:
                of_kind: dict[Kind, Callable[[str], Any]] = {
                    Kind.LINK: self.url,
                    Kind.ACTIONS: self.actions,
                    Kind.DATA: self.data,
                    Kind.MOMENT: self.moment,
                }
                return of_kind[part.kind](name)

    def line(self, name: str, most: int, default: str = "") -> str:
        """One line of text."""
        return self._text(name, most, default, content.CONTROL)

    def lines(self, name: str, most: int) -> str:
        """Text that may have several lines."""
        return self._text(name, most, "", content.CONTROL_BUT_LINES)

    def word(self, name: str, known: Sequence[str], default: str) -> str:
        """One of the known words."""
        value = self._row[name]
        if isinstance(value, str) and value in known:
            return value
        return self._mend(name, default)

    def url(self, name: str) -> str:
        """What may be a link, or nothing."""
        value = self._row[name]
        return str(value) if value == "" or _is_link(value) else self._mend(name, "")

    def actions(self, name: str) -> list[dict[str, str]]:
        """Those that may be buttons."""
        value = self._row[name]
        actions = value if isinstance(value, list) else []
        good = [action for action in actions if _passes(content.check_actions, [action])]
        good = good[: contract.ACTIONS_MAX_COUNT]
        return good if good == value else self._mend(name, good)

    def data(self, name: str) -> dict[str, Any]:
        """The object, or an empty one: what a program reads it takes whole."""
        value = self._row[name]
        if value == {} or _passes(content.check_data, value):
            return dict(value)
        return self._mend(name, {})

    def moment(self, name: str) -> datetime | None:
        """A moment; None where there is none."""
        value = self._row[name]
        if value is None:
            return None
        if isinstance(value, datetime) and value.tzinfo and _is_of_our_time(value):
            return value
        return self._mend(name, None)

    def past(self, name: str) -> datetime:
        """A moment that must be there; long ago where it cannot be read."""
        moment = self.moment(name)
        if moment is not None:
            return moment
        if name not in self.mended:
            self.mended.append(name)
        return LONG_AGO

    def _text(self, name: str, most: int, default: str, forbidden: re.Pattern[str]) -> str:
        value = self._row[name]
        if not isinstance(value, str) or (default and not value.strip()):
            return self._mend(name, default)
        if len(value) > most:
            value = self._mend(name, value[:most])
        if forbidden.search(value):
            value = self._mend(name, forbidden.sub(_UNREADABLE, value))
        return value

    def _mend(self, name: str, instead: T) -> T:
        self.mended.append(name)
        return instead


def report(notification_id: int, what: str) -> None:
    """Log of a notification that it is not shown as it is; once, or nearly so."""
    if notification_id in _logged:
        return
    _logged[notification_id] = None
    if len(_logged) > _LOGGED_MAX:
        _logged.popitem(last=False)
    logger.warning(
        "Notification %s holds what cannot be shown: %s. It was written around the model; correct "
        "the row.",
        notification_id, what,
    )  # fmt: skip


def _is_link(value: object) -> bool:
    if not isinstance(value, str) or len(value) > contract.URL_MAX_LENGTH:
        return False
    return _passes(content.check_url, value)


def _is_of_our_time(moment: datetime) -> bool:
    return contract.YEARS[0] <= moment.year <= contract.YEARS[1]


def _passes(check: Callable[[Any], None], value: Any) -> bool:
    try:
        check(value)
    except (ValueError, TypeError, RecursionError):
        return False
    return True
