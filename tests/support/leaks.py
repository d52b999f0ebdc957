"""What no log may hold, however it came there; and whether each line of a log is an event.

Credentials are known by their form, and by what a test has planted.
"""

from __future__ import annotations

import json
import re

_FORMS = re.compile(r"nk_[0-9a-f]{12}_[\w-]{43}|nt_[\w-]{43}|Bearer [\w-]{20,}|session\w*=\w{16,}")
_EVENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ \S+ ")
_INDENTED = "  "
# The last line that Daphne's command prints when it starts, beside events.
_GREETED = "Quit the server with"

_planted: set[str] = set()


def plant(secret: str) -> str:
    """Let no log of a server hold this; the secret."""
    _planted.add(secret)
    return secret


def leaks(log: str) -> list[str]:
    """Lines that hold a secret."""
    return [
        line
        for line in log.splitlines()
        if _FORMS.search(line) or any(secret in line for secret in _planted)
    ]


def no_events(log: str) -> list[str]:
    """Whole lines that are neither an event nor a part of one, once there was an event."""
    lines = [line for line in log.splitlines(keepends=True) if line.endswith("\n")]
    greeted = [n + 1 for n, line in enumerate(lines) if line.startswith(_GREETED)]
    events = (n for n, line in enumerate(lines) if _is_event(line))
    first = greeted[-1] if greeted else next(events, len(lines))
    return [
        line
        for line in lines[first:]
        if not (_is_event(line) or line.startswith(_INDENTED) or not line.strip())
    ]


def _is_event(line: str) -> bool:
    if not line.startswith("{"):
        return _EVENT.match(line) is not None
    try:
        event = json.loads(line)
    except ValueError:
        return False
    return {"time", "level", "logger", "message"} <= event.keys()
