"""What is answered while the database cannot be used: 503, and soon, instead of 500.

One line of the log says why, and none of these answers is logged as an error of ours.
"""

from __future__ import annotations

import logging
import sys

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string
from django.views import defaults

from notifications import outages

logger = logging.getLogger(__name__)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``: called where an exception came through."""
    error = sys.exc_info()[1]
    if error is None or not outages.is_outage(error):
        answer: HttpResponseServerError = defaults.server_error(request)
        return answer
    outages.tell(logger, error)
    # Without the request, since that would ask the database who it is.
    page = HttpResponse(render_to_string("503.html"), status=503)
    page.headers["Retry-After"] = str(outages.RETRY_AFTER_S)
    return outages.unlogged(page)
