"""How events are logged: one line each, whatever somebody wrote into a path, a header or a name."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

# Characters of an event, or of a line of a traceback; what is cut out is from its middle.
LINE_MAX = 1000


# What an event says beside its message, where it is about one connection
# (docs/reference/logging.md).
FIELDS = ("connection", "user", "revision", "cause")


def fields_of(record: logging.LogRecord) -> dict[str, str | int]:
    """Those that the event has."""
    found: dict[str, str | int] = {}
    for name in FIELDS:
        value = getattr(record, name, None)
        if isinstance(value, int):
            found[name] = value
        elif value:
            found[name] = one_line(str(value))
    return found


def one_line(text: str) -> str:
    """The text with what is not to be seen (line ends, escapes, marks of direction) spelled out."""
    if not text.isprintable():
        text = "".join(
            character if character.isprintable() else _spelled(character) for character in text
        )
    if len(text) > LINE_MAX:
        kept = (LINE_MAX - 3) // 2
        text = f"{text[:kept]}...{text[-kept:]}"
    return text


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


class TextFormatter(logging.Formatter):
    """Time, level, logger and message, with its fields in brackets; a traceback follows on lines of
    its own, each set in, so that none of them can be taken for an event.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's)
        fields = " ".join(f"{name}={value}" for name, value in fields_of(record).items())
        message = one_line(super().formatMessage(record))
        return f"{message} [{fields}]" if fields else message

    def formatException(self, ei: logging._SysExcInfoType) -> str:  # noqa: N802
        lines = super().formatException(ei).split("\n")
        return "\n".join(f"  {one_line(line)}" for line in lines)


class JsonFormatter(logging.Formatter):
    """An object with `time`, `level`, `logger`, `message`, its fields and, after an error,
    `traceback`.
    """

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        event: dict[str, str | int] = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": one_line(record.getMessage()),
        }
        event |= fields_of(record)
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return json.dumps(event)


class Handler(logging.StreamHandler[TextIO]):
    """Django's console, but where an event cannot be written nobody is told of that either, and
    whoever logs it goes on. A call that cannot be formatted is still told of.
    """

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's)
        is_of_stream = isinstance(sys.exc_info()[1], OSError) or self.stream.closed
        if not is_of_stream:
            super().handleError(record)


class DropClientTracebacks(logging.Filter):
    """Takes tracebacks away that any client can cause, such as by a foreign Host: they tell nothing
    of where it came from. Nor is what was refused an error of ours, as Django has it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        is_refusal = record.name == "django.request" and record.levelno < logging.ERROR
        is_suspicion = record.name.startswith("django.security.")
        if is_suspicion and record.levelno == logging.ERROR:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        if is_refusal or is_suspicion:
            record.exc_info = record.exc_text = None
        return True
