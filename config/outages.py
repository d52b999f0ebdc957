"""What is answered while the database cannot be used: 503, and soon, instead of 500.

One line of the log says why, and none of these answers is logged as an error of ours.
"""

from __future__ import annotations

import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from config import error_pages
from notifications.process import outages

logger = logging.getLogger(__name__)

_SAID = (
    _("The database does not answer"),
    _("What you asked for may have been done or not. Try again in a moment."),
)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: called where an exception came through."""
    error = sys.exc_info()[1]
    if error is None or not outages.is_outage(error):
        return error_pages.server_error(request)
    outages.tell(logger, error)
    answer = error_pages.page(503, _SAID)
    answer.headers["Retry-After"] = str(outages.RETRY_AFTER_S)
    return outages.unlogged(answer)
