"""The icons: lines in the colour of their text, in a square of 24. ``icons.js`` is its twin."""

from __future__ import annotations

from typing import Final

ICONS: Final = {
    "info": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 11v5M12 8h.01",
    "success": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM8 12l3 3 5-6",
    "warning": "M12 4 2.5 20h19ZM12 10v4M12 17h.01",
    "critical": "M8 3h8l5 5v8l-5 5H8l-5-5V8ZM12 8v5M12 16h.01",
    "read": "M5 13l4 4L19 7",
    "unread": "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10Z",
    "archive": "M3 4h18v4H3ZM5 8v11h14V8M10 12h4",
    "restore": "M4 13h5l1.5 3h3L15 13h5M4 13 6 5h12l2 8v6H4Z",
    "snooze": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5l3 2",
    "wake": "M12 5a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 9v4h3M3 6l3-3M21 6l-3-3",
    "save": "M6 3h12v18l-6-5-6 5Z",
    "unsave": "M6 3h12v18l-6-5-6 5ZM9 9h6",
    "open": "M7 17 17 7M9 7h8v8",
    "more": "M5 12h.01M12 12h.01M19 12h.01",
    "close": "M6 6l12 12M18 6 6 18",
    "mute": "M4 10v4h4l5 4V6L8 10ZM16 10l5 5M21 10l-5 5",
    "search": "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM16 16l5 5",
}
