"""Why there is nothing to compare."""

from __future__ import annotations


class Failed(Exception):
    """It could not be measured; the message says why, and what would help."""
