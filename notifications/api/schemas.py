"""The API's JSON, as its OpenAPI document describes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from notifications.models.audiences import Audience, ChosenUsers, Everyone, Groups
from notifications.wire import contract


def _said(pattern: str) -> Any:
    """What the document says of a text beside its length; the document alone: what checks it is
    ``content``, and ``strict_json``.
    """
    return Field(json_schema_extra={"pattern": pattern})


Id = Annotated[
    str, StringConstraints(min_length=1, max_length=contract.ID_MAX_LENGTH), _said(r"^[^\x00]*$")
]


def _integer(value: object) -> object:
    """JSON knows numbers only: 17.0 is 17, and some write it so."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Revision = Annotated[
    int, Field(ge=0, le=contract.INTEGER_MAX, strict=True), BeforeValidator(_integer)
]
Time = Annotated[str, Field(examples=["2026-11-24T09:00:00.000Z"])]


class Counts(Schema):
    unread: int
    unseen: int


class Action(Schema):
    label: str
    url: str


class NotificationOut(Schema):
    id: Id
    revision: int = Field(description="The inbox's revision at this notification's last change.")
    arrived_revision: int
    arrived_at: Time
    title: str
    body: str = Field(description="In lists its first 500 characters.")
    body_truncated: bool
    level: Literal["info", "success", "warning", "critical"]
    category: str
    url: str | None
    actions: list[Action]
    sender: str | None
    thread: str | None
    data: dict[str, Any]
    woken: bool
    created_at: Time
    seen_at: Time | None
    read_at: Time | None
    archived_at: Time | None
    snoozed_until: Time | None
    expires_at: Time | None


class SessionOut(Schema):
    user: str = Field(description="An opaque key of the user.")
    epoch: str
    revision: int
    counts: Counts


class PageOut(SessionOut):
    notifications: list[NotificationOut]
    next_before: str | None = Field(description="`before` of the next page; null on the last.")


def _given(*required: str, **fields: str | list[str]) -> dict[str, Any]:
    """One way to fill in a body, as a JSON schema: fields, with their type or the words allowed."""
    properties = {
        name: {"type": kind} if isinstance(kind, str) else {"enum": kind}
        for name, kind in fields.items()
    }
    return {"required": list(required), "properties": properties}


_BULK_ACTS = ["seen", "read", "archive"]
_ACTS = [*_BULK_ACTS, "unread", "restore"]


class ActionsIn(Schema):
    """Either ``notifications``, or ``all`` with ``epoch`` and ``upto``.

    ``delivered`` takes neither: ``epoch`` and ``upto`` alone say what the client holds.
    """

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "anyOf": [
                _given("notifications", op=_ACTS, notifications="array", all="null"),
                _given(
                    "all",
                    "epoch",
                    "upto",
                    op=_BULK_ACTS,
                    notifications="null",
                    all="boolean",
                    epoch="string",
                    upto="integer",
                ),
                _given(
                    "epoch",
                    "upto",
                    op=["delivered"],
                    notifications="null",
                    all="null",
                    epoch="string",
                    upto="integer",
                ),
            ]
        },
    )

    op: Literal["seen", "read", "unread", "archive", "restore", "delivered"]
    notifications: list[Id] | None = Field(None, min_length=1, max_length=contract.IDS_MAX_COUNT)
    all: Literal[True] | None = None
    epoch: Id | None = None
    upto: Revision | None = None
    op_id: Id | None = Field(
        None, description="Remembered 24 hours: the same request gets the same answer."
    )

    @model_validator(mode="after")
    def one_target(self) -> ActionsIn:
        if self.op == "delivered":
            if self.notifications is not None or self.all is not None:
                raise ValueError("delivered takes epoch and upto alone")
            if self.epoch is None or self.upto is None:
                raise ValueError("delivered needs epoch and upto")
            return self
        if (self.notifications is None) == (self.all is None):
            raise ValueError("give either notifications or all")
        if self.all and (self.epoch is None or self.upto is None):
            raise ValueError("all needs epoch and upto")
        if self.all and self.op not in _BULK_ACTS:
            raise ValueError(f"{self.op} takes notifications, not all")
        return self


class ActionsOut(Schema):
    revision: int = Field(description="The inbox's revision after the act.")
    changed: int = Field(description="How many notifications the act changed.")
    counts: Counts


# --- Sending --------------------------------------------------------------------------------------


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
Name = Annotated[str, StringConstraints(min_length=1, max_length=150)]

# A character of a line, and of a URL.
_LINE, _URL = r"[^\x00-\x1f\x7f-\x9f]", r"[^\x00-\x20\x7f-\x9f\s\\]"
_TITLE = rf"^{_LINE}*[^\x00-\x20\x7f-\x9f\s]{_LINE}*$"
_HOST = r"[A-Za-z0-9.-]*[A-Za-z0-9](:[1-9][0-9]{0,3})?"
_ADDRESS = rf"^(/|/(?!/){_URL}+|https://{_HOST}(/{_URL}*)?)$"

Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=contract.TITLE_MAX_LENGTH),
    _said(_TITLE),
]
Body = Annotated[
    str,
    StringConstraints(max_length=contract.BODY_MAX_LENGTH),
    _said(r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"),
]
Url = Annotated[str, StringConstraints(max_length=contract.URL_MAX_LENGTH), _said(_ADDRESS)]
Label = Annotated[
    str,
    StringConstraints(min_length=1, max_length=contract.ACTION_LABEL_MAX_LENGTH),
    _said(_TITLE),
]
Category = Annotated[
    str,
    StringConstraints(min_length=1, max_length=contract.CATEGORY_MAX_LENGTH),
    _said(r"^[a-z0-9][a-z0-9_.-]*$"),
]
Thread = Annotated[
    str,
    StringConstraints(max_length=contract.THREAD_MAX_LENGTH),
    _said(rf"^{_LINE}*$"),
]
LevelName = Literal["info", "success", "warning", "critical"]


class _Strict(Schema):
    """A misspelt field is refused: what it should have said would be missing."""

    model_config = ConfigDict(extra="forbid")


class AudienceIn(_Strict):
    """Exactly one of the three."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                _given("users", users="array", groups="null", everyone="null"),
                _given("groups", users="null", groups="array", everyone="null"),
                _given("everyone", users="null", groups="null", everyone="boolean"),
            ]
        }
    )

    users: list[Name] | None = Field(
        None, min_length=1, max_length=contract.AUDIENCE_USERS_MAX_COUNT
    )
    groups: list[Name] | None = Field(
        None, min_length=1, max_length=contract.AUDIENCE_USERS_MAX_COUNT
    )
    everyone: Literal[True] | None = None

    @model_validator(mode="after")
    def one_kind(self) -> AudienceIn:
        if sum(one is not None for one in (self.users, self.groups, self.everyone)) != 1:
            raise ValueError("name one audience: users, groups or everyone")
        return self

    @property
    def kind(self) -> str:
        if self.users is not None:
            return ChosenUsers.kind
        return Everyone.kind if self.groups is None else Groups.kind

    def found(self) -> Audience:
        """The audience that this names.

        Raises: UnknownNames: some name is nobody's.
        """
        if self.users is not None:
            return ChosenUsers.named(self.users)
        return Everyone() if self.groups is None else Groups.named(self.groups)


class ActionIn(_Strict):
    label: Label
    url: Url


class NotificationIn(_Strict):
    audience: AudienceIn
    title: Title
    body: Body = Field("", description="Plain text.")
    level: LevelName = contract.DEFAULT_LEVEL
    category: Category = contract.DEFAULT_CATEGORY
    url: Url | None = None
    actions: list[ActionIn] = Field([], max_length=contract.ACTIONS_MAX_COUNT)
    thread: Thread | None = None
    data: dict[str, Any] = {}
    send_at: Moment | None = None
    expires_at: Moment | None = None

    def content(self) -> dict[str, Any]:
        """What sending.send takes beside the audience."""
        return {
            "title": self.title,
            "body": self.body,
            "level": self.level,
            "category": self.category,
            "url": self.url or "",
            "actions": [{"label": one.label, "url": one.url} for one in self.actions],
            "thread": self.thread or "",
            "data": self.data,
            "send_at": self.send_at,
            "expires_at": self.expires_at,
        }


_NOT_GIVEN: Any = None


class EditIn(_Strict):
    """What is given is changed, the rest stays."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    # Not given is not null, which is refused: there is no title that is none.
    title: Title = _NOT_GIVEN
    body: Body = _NOT_GIVEN
    level: LevelName = _NOT_GIVEN
    url: Url | None = Field(None, description="null takes it away.")

    @model_validator(mode="after")
    def something(self) -> EditIn:
        if not self.model_fields_set:
            raise ValueError("give at least one of title, body, level and url")
        return self

    def changes(self) -> dict[str, str]:
        return {name: getattr(self, name) or "" for name in self.model_fields_set}


class SentOut(Schema):
    id: Id
    status: Literal["draft", "scheduled", "sending", "sent", "cancelled", "withdrawn"]
    recipient_count: int = Field(description="How many the audience had when it was accepted.")


class ReportOut(SentOut):
    item_count: int = Field(
        description="How many inboxes it has reached: once it is sent, how many it went to."
    )
    delivered_count: int = Field(description="In how many of them a client has it.")
    seen_count: int
    read_count: int


class ProblemOut(Schema):
    """RFC 9457, as `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    errors: dict[str, list[str]] | None = None
