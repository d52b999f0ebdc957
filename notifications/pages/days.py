"""Notifications under the days on which they arrived, as a page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from notifications.pages.threads import Row


@dataclass(frozen=True)
class Day:
    label: str
    rows: list[Row]


def by_day(rows: Iterable[Row]) -> list[Day]:
    """The rows in their order, cut where the day changes.

    Their order is that of arrival, so a day comes twice where a clock went back.
    """
    today = timezone.localdate()
    days = groupby(rows, key=lambda row: timezone.localdate(row.notification.item.arrived_at))
    return [Day(_label(day, today), list(group)) for day, group in days]


def _label(day: date, today: date) -> str:
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    if day.year == today.year:
        # Translators: a day as Django's date filter takes it: Monday 23 November.
        return date_format(day, pgettext("day of this year", "l j F"))
    # Translators: the same with its year.
    return date_format(day, pgettext("day of another year", "l j F Y"))
