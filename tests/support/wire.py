"""Frames of `notifications.v1` as any client reads and writes them."""

from __future__ import annotations

import json
from typing import Any

Frame = dict[str, Any]


def parse(text: str | bytes) -> Any:
    """JSON, and none of what only Python reads."""
    return json.loads(text, parse_constant=_no_constant)


def message_of(frame: Frame | str | bytes) -> str | bytes:
    """What is sent of it: an object as JSON, text and bytes as they are."""
    return frame if isinstance(frame, str | bytes) else json.dumps(frame)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")
