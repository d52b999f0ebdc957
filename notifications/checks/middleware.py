"""What must stand around what in MIDDLEWARE."""

from __future__ import annotations

from django.conf import settings

CORS = "notifications.credentials.cors.CorsMiddleware"
PROBLEMS = "notifications.wire.problems.ProblemMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"


def is_around(outer: str, *inner: str) -> bool:
    """Whether ``outer`` is there, before those of ``inner`` that are there too."""
    order = list(settings.MIDDLEWARE)
    places = [order.index(name) for name in inner if name in order]
    return outer in order and all(order.index(outer) < place for place in places)
