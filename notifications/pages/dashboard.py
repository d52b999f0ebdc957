"""The live dashboard's pages and what its script asks over HTTP: for staff that may see them."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from notifications.dashboard import access, charts
from notifications.dashboard.board import board
from notifications.models import Process
from notifications.pages.dashboard_words import event_of, state_text, words
from notifications.pages.figures import card_of, process_of
from notifications.pages.moments import zoned
from notifications.pages.self_test import way_of
from notifications.pages.views import around
from notifications.pages.watching import for_scripts, for_watchers
from notifications.wire import places, problems

logger = logging.getLogger(__name__)


@require_safe
@for_watchers
def page(request: HttpRequest) -> HttpResponse:
    """The dashboard; without a script: the figures of now."""
    frame, here = board.frame(), reverse("notifications:dashboard")
    return render(
        request,
        "notifications/dashboard.html",
        {
            **around(),
            "at": _moment(frame["at"]),
            "cards": [card_of(chart, frame) for chart in charts.CHARTS],
            "states": {key: state_text(one) for key, one in frame["states"].items()},
            "words": words(),
            "processes": [process_of(one) for one in frame["processes"]],
            "events": [{**event_of(one), "at": _moment(one["at"])} for one in frame["events"]],
            "windows": charts.WINDOWS.items(),
            "window_s": charts.WINDOW_S,
            "way": way_of(request, request.GET.get("test", "")),
            "may_drain": access.may_drain(request.user),
            "socket_path": f"{here.removesuffix('dashboard/')}{places.SOCKETS}dashboard/",
            "drain_path": reverse("notifications:dashboard-drain", args=["ID"]),
        },
    )


def _moment(wire_time: str) -> str:
    moment = parse_datetime(wire_time)
    assert moment is not None  # noqa: S101 (we have written it)
    return zoned(moment)


@require_safe
@for_scripts
def figures(_request: HttpRequest) -> HttpResponse:
    """The figures of this second, where no WebSocket gets through."""
    return JsonResponse(board.frame())


@require_safe
@for_scripts
def history(request: HttpRequest) -> HttpResponse:
    """The charts' points: ``?window=900``, of the seconds that the page offers."""
    known = {str(window_s): window_s for window_s in charts.WINDOWS}
    window_s = known.get(request.GET.get("window", str(charts.WINDOW_S)))
    if window_s is None:
        detail = f"A window is one of {', '.join(known)} seconds."
        return problems.response(422, detail, {"window": ["unknown"]})
    return JsonResponse(charts.history(window_s))


@require_http_methods(["GET", "HEAD", "POST"])
@for_watchers
def drain(request: HttpRequest, process_id: str) -> HttpResponse:
    """Ask whether, then let a process send its streams elsewhere and end."""
    if not access.may_drain(request.user):
        raise PermissionDenied
    live = Process.objects.live()
    process = live.defer("inboxes").filter(pk=process_id).first()
    if request.method != "POST":
        if process is None:
            raise Http404
        context = {**around(), "process": process, "is_only": live.count() == 1}
        return render(request, "notifications/drain.html", context)
    asked = live.filter(pk=process_id, drain_asked_at=None).update(drain_asked_at=Now())
    if process is None:
        messages.warning(request, _("That process has ended already."))
    elif asked:
        logger.info("User %s has asked process %s to drain.", request.user.pk, process.name)
        messages.success(
            request,
            _("%(name)s sends its streams elsewhere, then it ends.") % {"name": process.name},
        )
    else:
        messages.info(request, _("%(name)s was asked already.") % {"name": process.name})
    return redirect("notifications:dashboard")
