"""What was made for one person is kept by that person's browser alone, and asked for again."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import has_vary_header


class PrivateMiddleware:
    """Says so of each answer that depends on the cookie, where its view says nothing else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if has_vary_header(answer, "Cookie"):
            # Not no-store: that would cost the page its place in the back/forward cache.
            answer.headers.setdefault("Cache-Control", "private, no-cache")
        return answer
