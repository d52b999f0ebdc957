"""Heads of requests and responses as they crossed the wire: how large, and what they said.

Of a header that is not known to be harmless only the size is told: any other could be a secret.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest

Headers = Iterable[tuple[bytes, bytes]]

# RFC 6455, section 1.3: what shows that a server knows WebSocket.
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# Values that say nothing of who is here, and nothing of what stands before this server.
_HARMLESS = {
    b"accept", b"accept-encoding", b"accept-language", b"cache-control", b"connection", b"date",
    b"dnt", b"host", b"origin", b"pragma", b"priority", b"sec-gpc", b"sec-websocket-accept",
    b"sec-websocket-extensions", b"sec-websocket-key", b"sec-websocket-version", b"server",
    b"upgrade", b"user-agent",
}  # fmt: skip
_HARMLESS_STARTS = (b"sec-ch-ua", b"sec-fetch-")
_TOKEN = b"token."
_VALUE_MAX_LENGTH = 300


def of_request(scope: dict[str, Any]) -> dict[str, Any]:
    """The head of the request that an ASGI scope is of: its first line, headers and size."""
    return _told(_first_line(scope), scope.get("headers", ()))


def request_bytes(request: HttpRequest) -> int:
    """The size of the head of Django's request, as the server was sent it."""
    scope = getattr(request, "scope", None)
    if scope is not None:
        return _size(_first_line(scope), scope.get("headers", ()))
    # WSGI keeps no list of them, but what it has is as long.
    headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
    return _size(f"{request.method} {request.get_full_path()} HTTP/1.1".encode(), headers)


def of_answer(head: bytes) -> dict[str, Any]:
    """The head of a response, as it was sent."""
    first, *lines = head.strip().split(b"\r\n")
    pairs = [line.partition(b":") for line in lines]
    return {**_told(first, [(name, value.strip()) for name, _, value in pairs]), "bytes": len(head)}


def accepting(scope: dict[str, Any], subprotocol: str | None = None) -> bytes:
    """The least that a server answers to a handshake, where it does not tell what it has said."""
    key = dict(scope.get("headers", ())).get(b"sec-websocket-key", b"")
    proof = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + proof,
        *([b"Sec-WebSocket-Protocol: " + subprotocol.encode()] if subprotocol else []),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _first_line(scope: dict[str, Any]) -> bytes:
    path = scope.get("raw_path") or quote(scope["path"]).encode()
    query = scope.get("query_string", b"")
    target = path.partition(b"?")[0] + (b"?" + query if query else b"")
    return f"{scope.get('method', 'GET')} ".encode() + target + b" HTTP/1.1"


def _size(first: bytes, headers: Headers) -> int:
    # A line ends in two bytes, a name in a colon and a space, and the head in an empty line.
    return len(first) + 4 + sum(len(name) + len(value) + 4 for name, value in headers)


def _told(first: bytes, headers: Headers) -> dict[str, Any]:
    headers = list(headers)
    return {
        "line": first.decode("latin-1"),
        "headers": [
            [name.decode("latin-1"), _shown(name.lower(), value)] for name, value in headers
        ],
        "bytes": _size(first, headers),
    }


def _shown(name: bytes, value: bytes) -> str:
    if name == b"sec-websocket-protocol":
        offered = [part.strip() for part in value.split(b",")]
        text = ", ".join(_protocol(one) for one in offered)
    elif name in _HARMLESS or name.startswith(_HARMLESS_STARTS):
        text = value.decode("latin-1")
    else:
        return f"({len(value)} bytes, not shown)"
    return text[:_VALUE_MAX_LENGTH]


def _protocol(name: bytes) -> str:
    return "token.(not shown)" if name.startswith(_TOKEN) else name.decode("latin-1")
