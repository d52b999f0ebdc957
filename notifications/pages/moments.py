"""Moments as pages show them: in the reader's time zone, and never without saying which."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime

_LONGEST = 64


def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of that name (``Europe/Berlin``); None: there is none."""
    if not name or len(name) > _LONGEST:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, a folder of zones
        return None


def zoned(moment: datetime) -> str:
    """Markup: it in the current zone; zone.js puts it into the reader's, where that differs."""
    text = date_format(localtime(moment), "DATETIME_FORMAT")
    return format_html('<time data-zoned datetime="{}">{}</time>', moment.isoformat(), text)
