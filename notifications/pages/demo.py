"""`/demo/`: bell and inbox in the colours of three brands, the code beside them; for staff."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from notifications.credentials.recipients import recipient_id
from notifications.inbox import reading
from notifications.pages.views import around

# What demo.css says of each, as it is shown.
_HARBOUR = """\
  --nb-accent: light-dark(#00695c, #4db6ac);
  --nb-surface: light-dark(#f3fbfa, #10211f);
  --nb-radius-card: 2px;"""
_PLUM = """\
  --nb-accent: light-dark(#6a1b9a, #ce93d8);
  --nb-hover: light-dark(#f6ecfa, #2c1a33);
  --nb-radius-card: 20px;
  --nb-font: Georgia, serif;"""
_BRANDS = [
    ("plain", _("As it is"), ""),
    ("harbour", _("Harbour"), _HARBOUR),
    ("plum", _("Plum"), _PLUM),
]


@require_safe
@login_required
@cache_control(private=True, no_cache=True)
def demo_page(request: HttpRequest) -> HttpResponse:
    """Nothing is asked but what the page's own bell needs."""
    if not getattr(request.user, "is_staff", False):
        raise PermissionDenied
    head = reading.head(recipient_id(request))
    return render(request, "notifications/demo.html", {**around(), "brands": _BRANDS, "head": head})
