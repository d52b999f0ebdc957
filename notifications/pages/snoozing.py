"""Until when a page's buttons let notifications be snoozed, by the reader's own clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from notifications.inbox import acts

_MORNING = time(9)
_MONDAY = 0

# Ops of the page that are a snooze until a moment of their own.
CHOICES = {
    "snooze-hour": _("1 hour"),
    "snooze-tomorrow": _("Tomorrow 09:00"),
    "snooze-monday": _("Monday 09:00"),
}


def until(op: str, typed: str) -> datetime:
    """When a snooze ends that a button asks for.

    Args: typed: for the op ``snooze``: a wall clock of the reader's. For ``resnooze``: the moment,
        with its zone, to which an act is taken back, and which may be too near by now.
    Raises: BadUntil: what was typed is no time.
    """
    now = timezone.localtime()
    match op:
        case "snooze-hour":
            return now + timedelta(hours=1)
        case "snooze-tomorrow":
            return _morning_in(now, 1)
        case "snooze-monday":
            return _morning_in(now, (_MONDAY - now.weekday() - 1) % 7 + 1)
    try:
        moment = parse_datetime(typed)
        if moment is None:
            raise acts.BadUntil
        if timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
        return acts.earliest_snooze(moment) if op == "resnooze" else moment
    except (ValueError, OverflowError):
        raise acts.BadUntil from None


def _morning_in(now: datetime, days: int) -> datetime:
    return timezone.make_aware(datetime.combine(now.date() + timedelta(days=days), _MORNING))
