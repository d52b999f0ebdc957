"""What somebody is told who follows a link to a notification that is not in their inbox."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix
from django.utils.translation import gettext_lazy as _

from notifications.conf import conf
from notifications.credentials.recipients import recipient_id
from notifications.inbox.gone import Gone, why

_SAID = {
    Gone.WITHDRAWN: (
        _("This notification was withdrawn"),
        _("Whoever sent it has taken it back. There is nothing for you to do."),
    ),
    Gone.EXPIRED: (
        _("This notification has expired"),
        _("It was meant for a certain time only, which is over."),
    ),
    Gone.REMOVED: (
        _("This notification was removed"),
        _("It was in your inbox and is not any more."),
    ),
}
# The same for what never was and for what is somebody else's: nobody learns which ids there are.
_UNKNOWN = (
    _("This notification is not in your inbox"),
    _(
        "The link may be wrong, or it was sent to somebody else. Are you signed in as the right "
        "user?"
    ),
)


def gone(request: HttpRequest, pk: int | None) -> HttpResponse:
    """The page for it: 410 for who had it, 404 for everybody else."""
    reason = None if pk is None else why(recipient_id(request), pk)
    heading, detail = _UNKNOWN if reason is None else _SAID[reason]
    status = HTTPStatus.NOT_FOUND if reason is None else HTTPStatus.GONE
    around = {"base_template": conf.BASE_TEMPLATE, "site_root": get_script_prefix()}
    said = {"heading": heading, "detail": detail}
    return render(request, "notifications/gone.html", around | said, status=status)
