"""Values in a URL that no query can be made of are the client's fault: 400, never 500."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

_NUL = "\0"


class UrlValuesMiddleware:
    """Refuses a NUL in a path or a query, and what turned out to be beyond a column's range.

    The admin makes queries of any filter that it is asked for. Forms and bodies of the API refuse
    what they cannot take by the name of the field.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _NUL in request.path_info or _has_nul(request):
            return _refusal("A URL holds no NUL (%00).")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Whoever only reads has given nothing but the URL."""
        if request.method in {"GET", "HEAD"} and isinstance(error, (DataError, OverflowError)):
            return _refusal("A value in the URL is out of range.")
        return None


def _has_nul(request: HttpRequest) -> bool:
    return any(
        _NUL in name or any(_NUL in value for value in values)
        for name, values in request.GET.lists()
    )


def _refusal(reason: str) -> HttpResponse:
    return HttpResponseBadRequest(reason, content_type="text/plain")
