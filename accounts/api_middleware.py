"""Lets pages of listed origins read the API's answers (CORS), and refuses secrets in URLs."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from itertools import chain

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.cache import patch_vary_headers

from accounts.models import ApiKey
from accounts.origins import is_listed, is_same, is_trusted
from notifications.process import outages
from notifications.wire.problems import API_PREFIX

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]

# Seconds for which a browser need not ask again.
_PREFLIGHT_AGE_S = 600
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, If-None-Match",
    "Access-Control-Max-Age": str(_PREFLIGHT_AGE_S),
}
READABLE = "ETag, Retry-After"
_SECRET_NAMES = {"access_token", "api_key", "apikey", "authorization", "bearer", "key", "token"}
_SECRET = re.compile(r"nk_[0-9a-f]{12}_|nt_[A-Za-z0-9_-]{43}")


class CorsMiddleware:
    """Answers preflights of listed origins, and marks what they may read. Never with cookies:
    `Access-Control-Allow-Credentials` is not sent, so a browser shows no answer to a cookie.

    A preflight carries no token, so the origin need only be on the list of some live API key, or
    trusted. The request that follows is judged by its own token.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(API_PREFIX):
            return self.get_response(request)
        origin = request.headers.get("Origin")
        is_preflight = (
            request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        )
        answer = HttpResponse(status=204) if is_preflight else self.get_response(request)
        # Always: no cache may give one origin what another was answered.
        patch_vary_headers(answer, ["Origin"])
        if origin is not None and not is_from_here(request, origin) and is_known(origin):
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Access-Control-Expose-Headers"] = READABLE
            for name, value in _PREFLIGHT.items() if is_preflight else ():
                answer.headers[name] = value
        return answer


class NoSecretsInUrlsMiddleware:
    """Refuses a key or token in a query string: URLs are kept in logs and histories."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(API_PREFIX) and _names_a_secret(request):
            return HttpResponseBadRequest(
                "A key or token goes into the header `Authorization: Bearer`, never into a URL, "
                "which logs keep. If this one is in use, revoke it.",
                content_type="text/plain",
            )
        return self.get_response(request)


def is_from_here(request: HttpRequest, origin: str | None) -> bool:
    """Whether a page of our own asks, or no page at all."""
    return origin is None or is_same(origin, str(request.scheme), request.get_host())


def is_known(origin: str) -> bool:
    """Whether some live API key lists the origin, or it is trusted."""
    if is_trusted(origin):
        return True
    lists = ApiKey.objects.live().exclude(origins=[]).values_list("origins", flat=True)
    try:
        return is_listed(origin, chain.from_iterable(lists))
    except (DatabaseError, InterfaceError) as error:
        outages.tell(logger, error, "An origin could not be looked up")
        return False


def _names_a_secret(request: HttpRequest) -> bool:
    if _SECRET_NAMES & {name.lower() for name in request.GET}:
        return True
    values = chain.from_iterable(values for _, values in request.GET.lists())
    return any(_SECRET.match(value) for value in values)
