"""The wire contract `notifications.v1`: limits, words and forms. No Django, no Channels.

Its prose is docs/reference/protocol.md; names and numbers there and here are the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

VERSION: Final = 1

# Lengths in characters, unless the name says bytes.
ID_MAX_LENGTH: Final = 64
TITLE_MAX_LENGTH: Final = 200
BODY_MAX_LENGTH: Final = 10_000
# A list or a stream shows this much of a body; `body_truncated` tells whether there is more.
BODY_PREVIEW_LENGTH: Final = 500
URL_MAX_LENGTH: Final = 2_000
CATEGORY_MAX_LENGTH: Final = 64
THREAD_MAX_LENGTH: Final = 200
SENDER_MAX_LENGTH: Final = 100
ACTIONS_MAX_COUNT: Final = 2
ACTION_LABEL_MAX_LENGTH: Final = 40
DATA_MAX_BYTES: Final = 2_048
DATA_MAX_DEPTH: Final = 8
IDEMPOTENCY_KEY_MAX_LENGTH: Final = 255
AUDIENCE_USERS_MAX_COUNT: Final = 1_000

# What a double of JavaScript holds exactly: the range of revisions and of integers in `data`.
INTEGER_MAX: Final = 2**53 - 1

# More changes than this are told as a snapshot, which holds the newest SNAPSHOT_SIZE.
CHANGES_MAX_COUNT: Final = 300
SNAPSHOT_SIZE: Final = 50
PAGE_DEFAULT_SIZE: Final = 50
PAGE_MAX_SIZE: Final = 100
IDS_MAX_COUNT: Final = 200

LEVELS: Final = ("info", "success", "warning", "critical")
DEFAULT_LEVEL: Final = "info"
DEFAULT_CATEGORY: Final = "general"

# No 64-bit key and no revision has more digits.
_ID_DIGITS: Final = 18
_REVISION_DIGITS: Final = 16


def wire_time(moment: datetime | None) -> str | None:
    """``YYYY-MM-DDTHH:MM:SS.mmmZ``, or None for what has not happened."""
    if moment is None:
        return None
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def notification_pk(wire_id: str) -> int | None:
    """The primary key behind an id from the wire, or None where none can have that id."""
    if len(wire_id) <= _ID_DIGITS and wire_id.isascii() and wire_id.isdigit() and wire_id[0] != "0":
        return int(wire_id)
    return None


def revision(text: str) -> int | None:
    """The revision that a cursor names, or None where it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= _REVISION_DIGITS):
        return None
    number = int(text)
    return number if number <= INTEGER_MAX else None
