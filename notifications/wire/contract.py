"""The wire contract `notifications.v1`: limits, words and forms. No Django, no Channels.

Its prose is docs/reference/protocol.md; names and numbers there and here are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, Final

VERSION: Final = 1
SUBPROTOCOL: Final = "notifications.v1"
# Every version's name begins so; beside it a client may offer its token.
SUBPROTOCOL_FAMILY: Final = "notifications."
TOKEN_SUBPROTOCOL: Final = "token."  # noqa: S105 (a prefix)

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

# The first and the last year of a moment.
YEARS: Final = (1970, 9000)
# What a double of JavaScript holds exactly: the range of revisions and of integers in `data`.
INTEGER_MAX: Final = 2**53 - 1

# More changes than this are told as a snapshot, which holds the newest SNAPSHOT_SIZE.
CHANGES_MAX_COUNT: Final = 300
SNAPSHOT_SIZE: Final = 50
PAGE_DEFAULT_SIZE: Final = 50
PAGE_MAX_SIZE: Final = 100
IDS_MAX_COUNT: Final = 200
# How far ahead a snooze may end: 3 minutes to a year, a leap one.
SNOOZE_MIN_S: Final = 3 * 60
SNOOZE_MAX_S: Final = 366 * 24 * 60 * 60
# Mutes of one user, with the categories that they have turned on or off.
RULES_MAX_COUNT: Final = 1_000
# What somebody looks for, and how many categories, or senders, they choose at once.
QUERY_MAX_LENGTH: Final = 200
CHOICES_MAX_COUNT: Final = 50

# One frame from a client; more is a violation, found before it is parsed.
CLIENT_FRAME_MAX_BYTES: Final = 4_096
CLIENT_FRAME_MAX_DEPTH: Final = 8
# One `changes` or `snapshot`.
FRAME_MAX_BYTES: Final = 128 * 1024
# Such a frame starts only while less than this is unacknowledged or unsent.
WINDOW_BYTES: Final = 64 * 1024
# The time for a `pong`, beside a second for each SLOWEST_BYTES_PER_S that are on the way.
PONG_TIMEOUT_S: Final = 10
SLOWEST_BYTES_PER_S: Final = 4 * 1024
RESUMES_PER_S: Final = 1
RESUMES_BURST: Final = 5
# So many frames that cannot be understood within a minute close the connection.
ERRORS_MAX_COUNT: Final = 5
ERRORS_WINDOW_S: Final = 60
# How long a long poll is held.
POLL_DEFAULT_S: Final = 25
POLL_MAX_S: Final = 60
# After `bye` 4200 or 4202 a stream goes on for `after_ms` and this.
LINGER_S: Final = 5

# What frames and notifications say in any case: clients expect these fields, and nothing that would
# change them is there yet (`Planned` on the protocol's page).
RESERVED: Final[Mapping[str, Any]] = {
    "floor": 0,
    "temporary": False,
}

LEVELS: Final = ("info", "success", "warning", "critical")
DEFAULT_LEVEL: Final = "info"
DEFAULT_CATEGORY: Final = "general"

# No 64-bit key and no revision has more digits.
_ID_DIGITS: Final = 18
_REVISION_DIGITS: Final = 16


class CloseCode(IntEnum):
    """Why a connection ends. The range is the verdict, so an old client obeys a new code."""

    # 4000 to 4099: stop; time does not mend it.
    SIGNED_OUT = 4001
    NOT_ALLOWED = 4003
    PROTOCOL_VIOLATED = 4008
    VERSION = 4010
    # 4100 to 4199: back off, then reconnect.
    RATE_LIMIT = 4100
    OVERLOADED = 4101
    TOO_MANY_CONNECTIONS = 4102
    # 4200 to 4299: reconnect and resume.
    RESTART = 4200
    TOO_SLOW = 4201
    RENEW = 4202
    NO_PONG = 4204

    @property
    def reconnect(self) -> bool:
        """Whether the client shall come back."""
        return self >= CloseCode.RATE_LIMIT

    @property
    def lingers(self) -> bool:
        """Whether the stream goes on while the client opens its next connection."""
        return self in {CloseCode.RESTART, CloseCode.RENEW}


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
