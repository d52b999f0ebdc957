"""What a browser shows where it cannot reach the site: a page that it has kept for that.

A service worker keeps it, and what it is drawn with. It is the site's, not the app's, which would
else speak for the pages of whoever uses it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from notifications.identity.site import Identity

_WORKER = Path(__file__).parent / "worker.js"
_PARTS = ("notifications/page.css", "notifications/tokens.css", "accounts/offline.js")


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The same for everybody: whoever reads it later may be somebody else."""
    return render(request, "offline.html")


@require_safe
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker, with what it keeps. Asked for anew each time, since its name stays."""
    identity = Identity()
    urls = [*map(static, _PARTS), identity.icon, *filter(None, [identity.sheet])]
    kept = {"page": reverse("offline"), "parts": urls}
    code = f"const KEPT = {json.dumps(kept)};\n{_WORKER.read_text('utf-8')}"
    name = hashlib.sha256(code.encode()).hexdigest()[:12]
    answer = HttpResponse(f'const NAME = "offline-{name}";\n{code}', content_type="text/javascript")
    patch_cache_control(answer, private=True, no_cache=True)
    return answer
