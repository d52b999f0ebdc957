"""Opaque names for a user and for the life of the database, as that user sees them.

Both are HMACs under secrets kept in the database: nobody can guess another's, a cursor of one user
never fits another, and changing SECRET_KEY changes neither.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets


def new_secret() -> str:
    """256 random bits as hexadecimal digits."""
    return secrets.token_hex(32)


def opaque(secret: str, key: object) -> str:
    """22 characters of base64url that only the holder of ``secret`` can derive from ``key``.

    Args: key: of a row; its text counts.
    """
    digest = hmac.new(bytes.fromhex(secret), str(key).encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
