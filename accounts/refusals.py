"""Pages for whoever has to come again later."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.log import log_response


def later(request: HttpRequest, wait_s: int, page: str, status: int = 429) -> HttpResponse:
    """A page of templates/accounts/, with the seconds after which it is worth another try."""
    response = render(request, f"accounts/{page}.html", status=status)
    response["Retry-After"] = str(wait_s)
    # Else Django would call what is busy an error of ours.
    log_response(
        "%s: %s", response.reason_phrase, request.path, response=response, request=request,
        level="warning",
    )  # fmt: skip
    return response
