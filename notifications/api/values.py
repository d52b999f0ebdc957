"""The values of the API's JSON, as its OpenAPI document describes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from notifications.wire import content, contract
from notifications.wire.message import DEFAULTS, PARTS, Kind


class Strict(Schema):
    """A misspelt field is refused: what it should have said would be missing."""

    model_config = ConfigDict(extra="forbid")


def _said(pattern: str) -> Any:
    """What the document says of a text beside its length; the document alone: what checks it is
    ``content``, and ``strict_json``.
    """
    return Field(json_schema_extra={"pattern": pattern})


# No text that is asked for holds a NUL, in a URL or in a body: PostgreSQL has none.
NO_NUL = r"^[^\x00]*$"
Id = Annotated[
    str, StringConstraints(min_length=1, max_length=contract.ID_MAX_LENGTH), _said(NO_NUL)
]


def integer(value: object) -> object:
    """JSON knows numbers only: 17.0 is 17, and some write it so."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Revision = Annotated[
    int, Field(ge=0, le=contract.INTEGER_MAX, strict=True), BeforeValidator(integer)
]
Time = Annotated[str, Field(examples=["2026-11-24T09:00:00.000Z"])]


def _moment(value: object) -> datetime:
    """A time with its zone, in UTC: the same moment is the same request, however it is written."""
    if not isinstance(value, str):
        raise ValueError("a time is text such as 2026-11-24T09:00:00Z")
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a time says its zone, such as 2026-11-24T09:00:00Z")
        utc = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("that time is out of range") from None
    first, last = contract.YEARS
    if not first <= utc.year <= last:
        raise ValueError(f"a year is from {first} to {last}")
    return utc


Moment = Annotated[datetime, BeforeValidator(_moment)]
# Of a user or a group; as long as an e-mail address, which may be the name.
Name = Annotated[str, StringConstraints(min_length=1, max_length=254, pattern=NO_NUL)]

# A character of a line, and of a URL.
_LINE, _URL = r"[^\x00-\x1f\x7f-\x9f]", r"[^\x00-\x20\x7f-\x9f\s\\]"
# A line, which may be empty.
LINE = rf"^{_LINE}*$"
_TITLE = rf"^{_LINE}*[^\x00-\x20\x7f-\x9f\s]{_LINE}*$"
_HOST = r"[A-Za-z0-9.-]*[A-Za-z0-9](:[1-9][0-9]{0,3})?"
# What passes a check, nearly, as a pattern that most languages know.
_PATTERNS = {
    content.check_title: _TITLE,
    content.check_text: r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$",
    content.check_url: rf"^(/|/(?!/){_URL}+|https://{_HOST}(/{_URL}*)?)$",
    content.check_category: r"^[a-z0-9][a-z0-9_.-]*$",
    content.check_line: LINE,
}


Url = Annotated[
    str,
    StringConstraints(max_length=contract.URL_MAX_LENGTH),
    _said(_PATTERNS[content.check_url]),
]
Label = Annotated[
    str,
    StringConstraints(min_length=1, max_length=contract.ACTION_LABEL_MAX_LENGTH),
    _said(_TITLE),
]


class Action(Schema):
    label: str
    url: str


class ActionIn(Strict):
    label: Label
    url: Url


# --- The fields of a message ----------------------------------------------------------------------


def asked(name: str) -> tuple[Any, Any]:
    """A field as a sender gives it: its type and its default, as pydantic takes them."""
    default = DEFAULTS.get(name, ...)
    match PARTS[name].kind:
        case Kind.ACTIONS:
            return list[ActionIn], Field([], max_length=contract.ACTIONS_MAX_COUNT)
        case Kind.DATA:
            return dict[str, Any], {}
        case Kind.MOMENT:
            return Moment | None, default
        case Kind.LINES:
            return given(name), Field(default, description="Plain text.")
        case _ if default == "":
            return given(name) | None, None
        case _:
            return given(name), default


def given(name: str) -> Any:
    """The type of text that is there."""
    part = PARTS[name]
    if part.kind is Kind.WORD:
        return _one_of(part.words)
    # What has a default and need not be said, if it is said, is not empty.
    needed = part.kind is Kind.LINE and DEFAULTS.get(name) != ""
    length = StringConstraints(min_length=1 if needed else None, max_length=part.max_length)
    assert part.check is not None  # noqa: S101 (as every text has)
    return Annotated[str, length, _said(_PATTERNS[part.check])]


def _looked_for(name: str, check: Callable[[str], None]) -> Any:
    """The type of such a text in a query, which nothing else checks."""
    length = StringConstraints(min_length=1, max_length=PARTS[name].max_length)
    return Annotated[str, length, StringConstraints(pattern=_PATTERNS[check])]


def shown(name: str) -> Any:
    """The type of a field as recipients get it."""
    match PARTS[name].kind:
        case Kind.ACTIONS:
            return list[Action]
        case Kind.DATA:
            return dict[str, Any]
        case Kind.WORD:
            return _one_of(PARTS[name].words)
        case Kind.LINE | Kind.LINK if DEFAULTS.get(name) == "":
            return str | None
        case _:
            return str


def _one_of(words: tuple[str, ...]) -> Any:
    return Literal.__getitem__(words)


# --- What a listing is narrowed to ----------------------------------------------------------------

Level = given("level")
Category = _looked_for("category", content.check_category)
# No more of it than what would reach the database as something else.
Sender = _looked_for("sender", content.check_line)
# What is muted: of all that can be, the longest.
Thread = _looked_for("thread", content.check_line)
