"""The reader's time zone: pages are drawn in it, and what is typed into forms is meant in it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from notifications.pages.moments import zone_named
from notifications.wire import places

# Kept by the browser: static/notifications/zone.js
COOKIE = "notifications_time_zone"


class TimeZoneMiddleware:
    """Draws pages in the zone that the browser told; before it did, in the server's.

    The API speaks of moments and not of wall clocks; it is left alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = zone_named(request.COOKIES.get(COOKIE, ""))
        if zone is None or places.is_of_api(request.path_info):
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)
