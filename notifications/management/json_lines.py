"""Many notifications from lines of JSON, each as the API takes it, for ``notify --jsonl``."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.core.exceptions import ValidationError
from pydantic import ValidationError as SchemaError

from notifications.api.schemas import NotificationIn
from notifications.models import transactions
from notifications.models.door import COMMAND
from notifications.sending import acts
from notifications.sending.acts import IdempotencyConflict, IdempotencyKey, Sent
from notifications.wire import strict_json

# Far more than the longest body and a thousand names take.
LINE_MAX_BYTES = 1024 * 1024

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Of UTF-32 as of UTF-16 one of the first bytes is zero, since a line begins with ASCII.
_WIDE_BYTES = 4

KeyOf = Callable[[int], IdempotencyKey | None]
"""The idempotency key of a line, by its number."""


@dataclass(frozen=True)
class Line:
    """A line of the input, by its number from 1: ``sent``, or an ``error`` that says why not.

    Only checked, a good line has neither.
    """

    number: int
    sent: Sent | None = None
    error: str | None = None


class BadLines(Exception):
    """Some lines cannot be sent, so none was."""

    def __init__(self, lines: list[Line]) -> None:
        super().__init__(f"{len(lines)} bad lines")
        self.lines = lines


def send_each(file: BinaryIO, sender: str, key_of: KeyOf) -> Iterator[Line]:
    """Send line by line; a bad one is told of and passed over.

    Args: sender: as people know whoever says all this.
    Raises: DatabaseError: what was told of as sent before is committed.
    """
    for number, text in _lines(file):
        yield _tried(number, text, sender, key_of(number))


def send_all(file: BinaryIO, sender: str, key_of: KeyOf) -> list[Line]:
    """Send all lines in one transaction.

    Raises: BadLines: with each of them; nothing was sent.
    """
    lines_read = list(_lines(file))  # before the transaction: whoever writes them may be slow
    with transactions.atomic():
        lines = [_tried(number, text, sender, key_of(number)) for number, text in lines_read]
        if bad := [line for line in lines if line.error]:
            raise BadLines(bad)
    return lines


def check_each(file: BinaryIO) -> Iterator[Line]:
    """Look at each line, and send nothing."""
    for number, text in _lines(file):
        yield _tried(number, text, "", None, dry=True)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Lines that are not blank; None for one that is too long.

    A mark of the byte order is none of the text (RFC 8259, section 8.1, lets us pass over it): many
    an editor puts one before the first line, and files that are joined have others amid them.

    Raises: ValueError: it is UTF-16 or UTF-32, of which no line could be read.
    """
    number = 0
    while text := file.readline(LINE_MAX_BYTES + 1):
        number += 1
        if number == 1 and (text.startswith(_UTF_16_MARKS) or b"\0" in text[:_WIDE_BYTES]):
            raise ValueError("The lines are UTF-16 or UTF-32; write them as UTF-8.")
        if len(text) > LINE_MAX_BYTES:
            while text and not text.endswith(b"\n"):
                text = file.readline(LINE_MAX_BYTES)
            yield number, None
        elif (text := text.removeprefix(codecs.BOM_UTF8)).strip():
            yield number, text


def _tried(
    number: int, text: bytes | None, sender: str, key: IdempotencyKey | None, *, dry: bool = False
) -> Line:
    try:
        asked = _parsed(text)
        audience = asked.audience.found()
        message = asked.message(sender)
        if dry:
            acts.check(message, audience)
            return Line(number)
        # A savepoint: a line that fails in the database leaves the transaction around it whole.
        with transactions.atomic():
            sent = acts.send(message, audience=audience, idempotency=key, through=COMMAND)
        return Line(number, sent)
    except SchemaError as error:
        return Line(number, error="; ".join(map(_schema_fault, error.errors())))
    except ValidationError as error:
        messages = (f"{name}: {' '.join(all_)}" for name, all_ in error.message_dict.items())
        return Line(number, error="; ".join(messages))
    except (ValueError, IdempotencyConflict) as error:
        return Line(number, error=str(error))


def _parsed(text: bytes | None) -> NotificationIn:
    if text is None:
        raise ValueError(f"A line has at most {LINE_MAX_BYTES} bytes.")
    try:
        value = strict_json.loads(text)
    except UnicodeDecodeError:
        raise ValueError("The line is not UTF-8.") from None
    except ValueError as error:
        raise ValueError(f"The line is not JSON: {error}") from None
    asked: NotificationIn = NotificationIn.model_validate(value)
    return asked


def _schema_fault(fault: object) -> str:
    assert isinstance(fault, dict)  # noqa: S101
    place = ".".join(map(str, fault["loc"]))
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
