"""Many notifications from lines of JSON, each as the API takes it, for ``notify --jsonl``."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import BinaryIO, TypeAlias

from django.core.exceptions import ValidationError
from pydantic import ValidationError as SchemaError

from notifications.api.schemas import AudienceIn, NotificationIn
from notifications.models import transactions
from notifications.models.audience import Audience
from notifications.models.door import COMMAND
from notifications.sending import acts, jobs
from notifications.sending.acts import IdempotencyKey, Request, Sent
from notifications.wire import strict_json
from notifications.wire.message import Message

# Far more than the longest body and a thousand names take.
LINE_MAX_BYTES = 1024 * 1024
# Lines that are sent in one transaction, and bytes that are read in one go.
_TOGETHER = 100
_PART_BYTES = 64 * 1024

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Of UTF-32 as of UTF-16 one of the first bytes is zero, since a line begins with ASCII.
_WIDE_BYTES = 4

_Asked: TypeAlias = tuple[Message, Audience]

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
    """Send what has come, some lines together; a bad one is told of and passed over.

    A line that has come waits for no other.

    Args: sender: as people know whoever says all this.
    Raises: DatabaseError: what was told of as sent before is committed.
    """
    stop = Event()
    for some in _lines(file):
        started = time.monotonic()
        yield from _sent(some, sender, key_of)
        if len(some) > 1:
            jobs.pause(time.monotonic() - started, stop)


def send_all(file: BinaryIO, sender: str, key_of: KeyOf) -> list[Line]:
    """Send all lines in one transaction.

    Raises: BadLines: with each of them; nothing was sent.
    """
    lines_read = list(_lines(file))  # before the transaction: whoever writes them may be slow
    with transactions.atomic():
        lines = [line for some in lines_read for line in _sent(some, sender, key_of)]
        if bad := [line for line in lines if line.error]:
            raise BadLines(bad)
    return lines


def check_each(file: BinaryIO) -> Iterator[Line]:
    """Look at each line, and send nothing."""
    for some in _lines(file):
        yield from map(_checked, _read(some, ""))


def _lines(file: BinaryIO) -> Iterator[list[tuple[int, bytes | None]]]:
    """Lines that are not blank, by their numbers; as many as have come, but not too many at a time.

    None for one that is too long. A mark of the byte order is none of the text (RFC 8259, section
    8.1, lets us pass over it): many an editor puts one before the first line, and files that are
    joined have others amid them.

    Raises: ValueError: it is UTF-16 or UTF-32, of which no line could be read.
    """
    some: list[tuple[int, bytes | None]] = []
    for number, text, is_last in _numbered(file):
        if text is None:
            some.append((number, None))
        elif (text := text.removeprefix(codecs.BOM_UTF8)).strip():
            some.append((number, text))
        if some and (is_last or len(some) == _TOGETHER):
            yield some
            some = []


def _numbered(file: BinaryIO) -> Iterator[tuple[int, bytes | None, bool]]:
    """Each line; None for one that is too long; and whether it is the last of those that have come.

    Raises: ValueError
    """
    number, rest, is_too_long = 0, b"", False
    while True:
        # Waits only where nothing has come.
        part: bytes = file.read1(_PART_BYTES)  # type: ignore[attr-defined]
        *ended, rest = (rest + part).split(b"\n")
        if not part and (rest or is_too_long):  # a last line that does not end
            ended, rest = [rest], b""
        for n, text in enumerate(ended, start=1):
            number += 1
            if number == 1 and (text.startswith(_UTF_16_MARKS) or b"\0" in text[:_WIDE_BYTES]):
                raise ValueError("The lines are UTF-16 or UTF-32; write them as UTF-8.")
            is_too_long = is_too_long or len(text) > LINE_MAX_BYTES
            yield number, None if is_too_long else text, n == len(ended)
            is_too_long = False
        if len(rest) > LINE_MAX_BYTES:
            rest, is_too_long = b"", True
        if not part:
            return


def _sent(some: Sequence[tuple[int, bytes | None]], sender: str, key_of: KeyOf) -> Iterator[Line]:
    """What became of these lines, each as soon as it is known."""
    asked = list(_read(some, sender))
    answers = acts.send_each(
        [
            Request(*one, key_of(number), through=COMMAND)
            for number, one in asked
            if not isinstance(one, Exception)
        ]
    )
    for number, one in asked:
        answer = one if isinstance(one, Exception) else next(answers)
        if isinstance(answer, Sent):
            yield Line(number, answer)
        else:
            yield Line(number, error=_why(answer))


def _checked(line: tuple[int, _Asked | Exception]) -> Line:
    number, asked = line
    if not isinstance(asked, Exception):
        try:
            acts.check(*asked)
        except ValidationError as error:
            asked = error
    return Line(number, error=_why(asked) if isinstance(asked, Exception) else None)


def _read(
    some: Sequence[tuple[int, bytes | None]], sender: str
) -> Iterator[tuple[int, _Asked | Exception]]:
    """What each of these lines asks for, by its number, or why that is nothing."""
    parsed = [_parsed(text) for _, text in some]
    found = iter(_found([one.audience for one in parsed if isinstance(one, NotificationIn)]))
    for (number, _), one in zip(some, parsed, strict=True):
        if not isinstance(one, NotificationIn):
            yield number, one
            continue
        audience = next(found)
        if isinstance(audience, ValueError):
            yield number, audience
        else:
            yield number, (one.message(sender), audience)


def _found(asked: Sequence[AudienceIn]) -> list[Audience | ValueError]:
    """The audience that each of these names, or why there is none; by a query a kind."""
    by_kind: dict[type[Audience], list[AudienceIn]] = {}
    for one in asked:
        by_kind.setdefault(one.kind, []).append(one)
    found = {
        kind: iter(kind.named_each([one.names for one in theirs]))
        for kind, theirs in by_kind.items()
    }
    return [next(found[one.kind]) for one in asked]


def _parsed(text: bytes | None) -> NotificationIn | ValueError:
    if text is None:
        return ValueError(f"A line has at most {LINE_MAX_BYTES} bytes.")
    try:
        return _validated(strict_json.loads(text))
    except UnicodeDecodeError:
        return ValueError("The line is not UTF-8.")
    except SchemaError as error:
        return error
    except ValueError as error:
        return ValueError(f"The line is not JSON: {error}")


def _validated(value: object) -> NotificationIn:
    asked: NotificationIn = NotificationIn.model_validate(value)
    return asked


def _why(error: Exception) -> str:
    """What is wrong, on one line."""
    if isinstance(error, SchemaError):
        return "; ".join(map(_schema_fault, error.errors()))
    if isinstance(error, ValidationError):
        messages = (f"{name}: {' '.join(all_)}" for name, all_ in error.message_dict.items())
        return "; ".join(messages)
    return str(error)


def _schema_fault(fault: object) -> str:
    assert isinstance(fault, dict)  # noqa: S101
    place = ".".join(map(str, fault["loc"]))
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
