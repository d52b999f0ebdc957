"""Lets pages of other origins read why a stream over HTTP was refused, as they may of the API."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from accounts.api_middleware import READABLE, is_from_here, is_known
from accounts.scopes import host_of, request_of
from notifications.push.batching import in_thread

# An answer about an origin holds for so long: refusals come in storms, and each would ask.
_FRESH_S = 10.0
_PATIENCE_S = 3.0
_MAX = 1_000
_ERROR = 400
_ALLOW = b"access-control-allow-origin"

_known: dict[str, tuple[bool, float]] = {}


def headers_for(origin: str) -> list[tuple[bytes, bytes]]:
    """What lets a page of this origin read an answer."""
    return [
        (_ALLOW, origin.encode("latin-1")),
        (b"access-control-expose-headers", READABLE.encode()),
        (b"vary", b"Origin"),
    ]


def refusals_readable(scope: dict[str, Any], send: Any) -> Any:
    """A ``send`` that marks errors as readable to the origin which asks, if we know it.

    As with the API: a refused token names no origin, so that it is on the list of some live API
    key, or trusted, is enough.
    """
    request = request_of(scope)
    origin = request.headers.get("Origin")
    if origin is None or host_of(request) is None or is_from_here(request, origin):
        return send

    async def sending(event: Any) -> None:
        if event["type"] == "http.response.start" and event["status"] >= _ERROR:
            headers = list(event.get("headers", ()))
            if _ALLOW not in dict(headers) and await _is_known(origin):
                event = {**event, "headers": [*headers, *headers_for(origin)]}
        await send(event)

    return sending


async def _is_known(origin: str) -> bool:
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
