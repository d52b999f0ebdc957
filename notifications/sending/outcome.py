"""What became of a notification, in words: what happened, and beside it what was expected.

An audience is counted when the notification is accepted, and is asked again when it is sent: maybe
a week later, when somebody has joined the group, and somebody has left.
"""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.models import Notification, Status


def sentence(notification: Notification) -> str:
    """What there is to say of it now."""
    reached, expected = notification.item_count, notification.recipient_count
    match notification.status:
        case Status.DRAFT:
            return _("Not sent yet.")
        case Status.SCHEDULED:
            assert notification.send_at is not None  # noqa: S101 (what is scheduled has its time)
            when = date_format(localtime(notification.send_at), "DATETIME_FORMAT")
            return _("Scheduled for %(when)s.") % {"when": when}
        case Status.CANCELLED:
            return _("Cancelled before it was sent: nobody got it.")
        case Status.WITHDRAWN:
            sentence = ngettext(
                "Withdrawn; %(count)s person had it.",
                "Withdrawn; %(count)s people had it.",
                reached,
            )
            return sentence % {"count": f"{reached:,}"}
        case Status.SENT:
            sentence = ngettext("Sent to %(count)s person", "Sent to %(count)s people", reached)
            return sentence % {"count": f"{reached:,}"} + _but(notification) + "."
    sentence = ngettext("Sending to %(count)s person.", "Sending to %(count)s people.", expected)
    return sentence % {"count": f"{expected:,}"}


def reach(notification: Notification) -> str:
    """How many it went to, or is to go to, as short as a column is narrow."""
    reached, expected = notification.item_count, notification.recipient_count
    if notification.status in {Status.DRAFT, Status.SCHEDULED}:
        return _("%(count)s expected") % {"count": f"{expected:,}"}
    if notification.status == Status.CANCELLED:
        return "0"
    if notification.status == Status.SENDING:
        return _("%(count)s of %(all)s") % {"count": f"{reached:,}", "all": f"{expected:,}"}
    return f"{reached:,}"


def skipped(notification: Notification) -> str:
    """How many were left out, and why; empty: nobody was."""
    reasons = []
    if muted := notification.muted_count:
        said = ngettext("%(count)s muted it", "%(count)s muted it", muted)
        reasons.append(said % {"count": f"{muted:,}"})
    if off := notification.off_count:
        said = ngettext("%(count)s has its category off", "%(count)s have its category off", off)
        reasons.append(said % {"count": f"{off:,}"})
    return ", ".join(reasons)


def _but(notification: Notification) -> str:
    but = _but_expected(notification)
    if not notification.skipped_count:
        return but
    said = _("; %(count)s skipped: %(reasons)s")
    count = f"{notification.skipped_count:,}"
    return but + said % {"count": count, "reasons": skipped(notification)}


def _but_expected(notification: Notification) -> str:
    if notification.item_count + notification.skipped_count == notification.recipient_count:
        return ""
    count = {"count": f"{notification.recipient_count:,}"}
    if notification.send_at is None:
        return _(" (%(count)s expected)") % count
    return _(" (%(count)s expected when it was scheduled)") % count
