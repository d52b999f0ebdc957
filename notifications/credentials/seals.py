"""Keeps in a row what only the bearer of a secret can read of it."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode

# So that nothing else that is derived of the same secret, such as its digest, says anything of it.
_PURPOSE = b"notifications.credentials.seals:"


def sealed(text: str, secret: str) -> str:
    """The text, as nobody can read it without the secret.

    Args: secret: of 256 random bits, and never used to seal anything else: a text is covered by
        as many bits that follow from it (SHAKE-256), and two under the same cover would show.
    """
    return b64encode(_covered(text.encode("utf-8", "surrogatepass"), secret)).decode("ascii")


def opened(seal: str, secret: str) -> str:
    """The text that was sealed with this secret; with any other, some text."""
    return _covered(b64decode(seal), secret).decode("utf-8", "replace")


def _covered(content: bytes, secret: str) -> bytes:
    cover = hashlib.shake_256(_PURPOSE + secret.encode()).digest(len(content))
    return bytes(one ^ other for one, other in zip(content, cover, strict=True))
