"""`/diagnostics/`: HTTP and WebSocket side by side, and one's own connection."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from notifications.conf import conf
from notifications.pages.views import around
from notifications.wire import runs

# How often its page may poll. How long it does so, a link may say: `?seconds=10`.
_INTERVALS_S = (1, 2, 5, 10)
_SIDES = {"request": _("Request"), "response": _("Response")}


@require_safe
@login_required
@cache_control(private=True, no_cache=True)
def diagnostics_page(request: HttpRequest) -> HttpResponse:
    """Nothing of it is read here: its script asks for what it shows."""
    if not conf.DIAGNOSTICS:
        raise Http404
    return render(
        request,
        "notifications/diagnostics.html",
        {
            **around(),
            "intervals_s": _INTERVALS_S,
            "seconds": _seconds(request),
            "sides": _SIDES.items(),
        },
    )


def _seconds(request: HttpRequest) -> int:
    asked = request.GET.get("seconds", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) <= len(str(runs.SECONDS_MAX))):
        return runs.SECONDS_DEFAULT
    return min(max(int(asked), runs.SECONDS_MIN), runs.SECONDS_MAX)
