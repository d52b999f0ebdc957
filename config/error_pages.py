"""Pages that say what went wrong, in our own look, with a way on; programs get problem documents.

They are drawn without a user, a session or a database, since any of these may be what failed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from notifications.credentials.origins import is_same

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

logger = logging.getLogger(__name__)

# No template: it has no words to be filled in.
_PLAIN = Path(__file__).parent / "plain_500.html"
_SAID = {
    400: (_("That request made no sense"), _("Something in its address or its form is wrong.")),
    403: (
        _("You may not open this"),
        _("Your account is not allowed to do that. Ask an administrator."),
    ),
    404: (_("There is nothing here"), _("The address is wrong, or what was here has gone.")),
    405: (_("This cannot be opened like that"), _("A button on a page leads here, no link.")),
    413: (_("That is too large"), _("Send less at once.")),
    500: (_("Something went wrong on our side"), _("It has been noted. Try again in a moment.")),
    503: (_("We cannot answer just now"), _("Try again in a moment; nothing is lost.")),
}
_STALE = (
    _("This page was out of date"),
    _(
        "You have signed in or out since it was opened, so nothing was done. Open it again and "
        "repeat."
    ),
)
_NO_COOKIE = (
    _("Your browser sent no cookie"),
    _("Forms and signing in need cookies of this site. Allow them, and open the page again."),
)
# Where a form goes on that is older than the last sign-in.
_GO_ON = {"accounts:login", "accounts:logout", "admin:login", "admin:logout"}
# What only takes forms, and has no page of its own.
_ONLY_POSTS = {"notifications:inbox-action", "accounts:logout", "admin:logout"}


def page(
    status: int, said: tuple[StrOrPromise, StrOrPromise] | None = None, again: str = ""
) -> HttpResponse:
    """A page for this status.

    Args: said: its heading and what to do; by default what is true of the status. again: the path
        of the page from which it can be tried once more.
    """
    heading, detail = said or _said(status)
    context = {"heading": heading, "detail": detail, "again": again, "status": status}
    return HttpResponse(render_to_string("error.html", context), status=status)


def _said(status: int) -> tuple[StrOrPromise, StrOrPromise]:
    return _SAID.get(status) or (HTTPStatus(status).phrase, "")


class ErrorPageMiddleware:
    """Puts the errors into a page that have none: a 405, which is empty, or a bare sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code < HTTPStatus.BAD_REQUEST or not _is_bare(answer):
            return answer
        words = _said(answer.status_code)
        shown = page(answer.status_code, (words[0], answer.content.decode() or words[1]))
        answer.headers["Content-Type"] = shown.headers["Content-Type"]
        answer.content = shown.content
        return answer


def _is_bare(answer: HttpResponse) -> bool:
    is_text = answer.headers.get("Content-Type", "text/").startswith("text/")
    return is_text and not answer.streaming and not answer.content.lstrip().startswith(b"<")


# --- What Django calls ----------------------------------------------------------------------------


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400"""
    return page(400)


def permission_denied(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403"""
    return page(403)


def page_not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404"""
    return page(404)


def server_error(_request: HttpRequest) -> HttpResponse:
    """handler500"""
    try:
        return page(500)
    except Exception:
        # What draws pages may be what fails: then one that needs nothing drawn.
        logger.exception("The page of an error could not be drawn.")
        return HttpResponse(_PLAIN.read_bytes(), status=500)


def csrf_failure(request: HttpRequest, **_: Any) -> HttpResponse:
    """settings.CSRF_FAILURE_VIEW: a form came with no token, or with one that has been replaced.

    Each sign-in brings a new token, so forms in other tabs are out of date then. Signing in and
    out go on all the same where the browser says that it was a page of ours that asked: that is
    what the token is to prove, and nobody shall type a password twice for it.
    """
    match = request.resolver_match
    has_cookie = settings.CSRF_COOKIE_NAME in request.COOKIES
    if match is not None and match.view_name in _GO_ON and has_cookie and _is_ours(request):
        # Where Django notes that a request was judged; the view's own decorator looks there.
        request.csrf_processing_done = True  # type: ignore[attr-defined]
        answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return answer
    return page(403, _STALE if has_cookie else _NO_COOKIE, again=_page_of(request))


def _is_ours(request: HttpRequest) -> bool:
    # Browsers send it with every POST, and no page can forge it.
    origin = request.headers.get("Origin", "")
    return is_same(origin, str(request.scheme), request.get_host())


def _page_of(request: HttpRequest) -> str:
    """Where the form stood, which mostly is what it was sent to."""
    match = request.resolver_match
    only_posts = match is not None and match.view_name in _ONLY_POSTS
    return reverse("notifications:inbox") if only_posts else request.path
