"""The head of a WebSocket text frame (RFC 6455, section 5.2), and how large one may be."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache

# What servers take in one message of a socket; the protocol's own limit is far below.
MESSAGE_MAX_BYTES = 64 * 1024

_FIN_TEXT = 0x81
_SHORT, _TWO_BYTES = 125, 0xFFFF


# Frames of one broadcast have a handful of lengths.
@lru_cache(maxsize=1024)
def text_head(length: int) -> bytes:
    """The head of an unmasked, unfragmented text frame with so many bytes of payload."""
    if length <= _SHORT:
        return bytes((_FIN_TEXT, length))
    if length <= _TWO_BYTES:
        return struct.pack("!BBH", _FIN_TEXT, 126, length)
    return struct.pack("!BBQ", _FIN_TEXT, 127, length)


def framed(frames: Iterable[bytes]) -> bytes:
    """These payloads, each in a frame of its own, one after the other."""
    return b"".join(part for frame in frames for part in (text_head(len(frame)), frame))
