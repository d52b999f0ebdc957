"""The site's style, icon and manifest: the same for everybody, and asked for without a cookie."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from notifications.identity import site

_YEAR_S = 365 * 86400


@require_safe
def sheet(request: HttpRequest) -> HttpResponseBase:
    """The accent, for pages of ours and of the project that holds us."""
    return _kept(request, site.Identity().css, "text/css; charset=utf-8")


@require_safe
def icon(request: HttpRequest) -> HttpResponseBase:
    """What stands for the site in a tab, a header, a list of apps."""
    return _kept(request, site.Identity().svg, "image/svg+xml")


@require_safe
def manifest(request: HttpRequest) -> HttpResponseBase:
    """By which the site can be installed as an app."""
    said = json.dumps(site.manifest(), ensure_ascii=False)
    return _kept(request, said, "application/manifest+json")


def _kept(request: HttpRequest, content: str, content_type: str) -> HttpResponseBase:
    """For ever, by the name of what it says; else asked for again, and sent if it has changed."""
    tag = site.tag_of(content)
    answer = HttpResponse(content, content_type=content_type)
    if request.GET.get("v") == tag:
        patch_cache_control(answer, public=True, max_age=_YEAR_S, immutable=True)
    else:
        # Also where a process with other settings has made the page, and meant another one.
        patch_cache_control(answer, public=True, no_cache=True)
    etag = f'"{tag}"'
    answer.headers["ETag"] = etag
    shown = get_conditional_response(request, etag=etag, response=answer)
    assert shown is not None  # noqa: S101 (it was given one)
    return shown
