"""Lets pages of listed origins read the API's answers (CORS), and why a stream was refused."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from itertools import chain
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from notifications.credentials.origins import is_listed, is_same, is_trusted
from notifications.credentials.scopes import host_of, request_of
from notifications.models import ApiKey
from notifications.process import outages
from notifications.push.batching import in_thread
from notifications.wire import places

logger = logging.getLogger(__name__)

# Seconds for which a browser need not ask again.
_PREFLIGHT_AGE_S = 600
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, If-None-Match",
    "Access-Control-Max-Age": str(_PREFLIGHT_AGE_S),
}
_READABLE = "ETag, Retry-After"

# An answer about an origin holds for so long: refusals come in storms, and each would ask.
_FRESH_S = 10.0
_PATIENCE_S = 3.0
_MAX = 1_000
_ERROR = 400
_ALLOW = b"access-control-allow-origin"

_known: dict[str, tuple[bool, float]] = {}


class CorsMiddleware:
    """Answers preflights of listed origins, and marks what they may read. Never with cookies:
    `Access-Control-Allow-Credentials` is not sent, so a browser shows no answer to a cookie.

    A preflight carries no token, so the origin need only be on the list of some live API key, or
    trusted. The request that follows is judged by its own token.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not places.is_of_api(request.path_info):
            return self.get_response(request)
        origin = request.headers.get("Origin")
        is_preflight = (
            request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        )
        answer = HttpResponse(status=204) if is_preflight else self.get_response(request)
        # Always: no cache may give one origin what another was answered.
        patch_vary_headers(answer, ["Origin"])
        if origin is not None and not _is_from_here(request, origin) and is_known(origin):
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Access-Control-Expose-Headers"] = _READABLE
            for name, value in _PREFLIGHT.items() if is_preflight else ():
                answer.headers[name] = value
        return answer


def _is_from_here(request: HttpRequest, origin: str | None) -> bool:
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


def headers_for(origin: str) -> list[tuple[bytes, bytes]]:
    """What lets a page of this origin read an answer."""
    return [
        (_ALLOW, origin.encode("latin-1")),
        (b"access-control-expose-headers", _READABLE.encode()),
        (b"vary", b"Origin"),
    ]


def refusals_readable(scope: dict[str, Any], send: Any) -> Any:
    """A ``send`` that marks errors as readable to the origin which asks, if we know it.

    As with the API: a refused token names no origin, so that it is on the list of some live API
    key, or trusted, is enough.
    """
    request = request_of(scope)
    origin = request.headers.get("Origin")
    if origin is None or host_of(request) is None or _is_from_here(request, origin):
        return send

    async def sending(event: Any) -> None:
        if event["type"] == "http.response.start" and event["status"] >= _ERROR:
            headers = list(event.get("headers", ()))
            if _ALLOW not in dict(headers) and await _is_known_lately(origin):
                event = {**event, "headers": [*headers, *headers_for(origin)]}
        await send(event)

    return sending


async def _is_known_lately(origin: str) -> bool:
    known, until = _known.get(origin, (False, 0.0))
    if time.monotonic() < until:
        return known
    try:
        async with asyncio.timeout(_PATIENCE_S):
            known = await in_thread(is_known, origin)
    except TimeoutError:
        return False
    if len(_known) >= _MAX:
        _known.clear()
    _known[origin] = known, time.monotonic() + _FRESH_S
    return known
