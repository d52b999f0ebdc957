"""The usual handshake of a WebSocket, told from all else that a connection may begin with.

h11 reads each request with more care than a socket needs, whose handshake websockets reads again:
the first is a quarter of a handshake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# All of a head, of characters that nobody reads in two ways.
_HEAD = re.compile(rb"GET [!-~]+ HTTP/1\.1\r\n(?:[!#$%&'*+.^_`|~\-0-9A-Za-z]+:[\t -~]*\r\n)+\r\n")
# What says that something follows, or is waited for.
_OF_BODIES = {b"content-length", b"transfer-encoding", b"expect"}


def plain_head(data: bytes) -> bytes | None:
    """The head that is all of ``data``, names in lower case as ASGI has them.

    None: it is no handshake, not all of one, or one that is to be looked at with more care.
    """
    if not _HEAD.fullmatch(data):
        return None
    first, *lines = data[:-4].split(b"\r\n")
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip(b" \t")
    if len(headers) < len(lines) or b"host" not in headers or _OF_BODIES & headers.keys():
        return None
    if headers.get(b"upgrade", b"").lower() != b"websocket":
        return None
    if b"upgrade" not in _tokens(headers.get(b"connection", b"")):
        return None
    return head_of(first, headers.items())


def head_of(first: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A head, by its first line."""
    return b"\r\n".join([first, *(b"%s: %s" % header for header in headers), b"", b""])


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip() for token in value.lower().split(b",")]
