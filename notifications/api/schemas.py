"""The API's JSON, as its OpenAPI document describes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, create_model, model_validator

from notifications.api import values
from notifications.api.values import Id, Name, Revision, Strict, Time
from notifications.models.audience import Audience
from notifications.models.audiences import CHOSEN, KINDS
from notifications.wire import contract
from notifications.wire.message import DEFAULTS, EDITABLE, MOMENTS, PARTS, Kind, Message


class Counts(Schema):
    unread: int
    unseen: int


def _shown() -> dict[str, Any]:
    """What was said, as pydantic takes fields."""
    fields: dict[str, Any] = {}
    for name in (name for name in PARTS if name not in MOMENTS):
        fields[name] = values.shown(name)
        if name == "body":
            described = Field(description="In lists its first 500 characters.")
            fields |= {"body": (str, described), "body_truncated": bool}
    return fields


class _Arrived(Schema):
    id: Id
    revision: int = Field(description="The inbox's revision at this notification's last change.")
    arrived_revision: int
    arrived_at: Time


class NotificationOut(create_model("_Shown", __base__=_Arrived, **_shown())):  # type: ignore[misc]
    sender_picture: str | None = Field(None, description="The sender's, where there is one.")
    woken: bool
    created_at: Time
    seen_at: Time | None
    read_at: Time | None
    archived_at: Time | None
    snoozed_until: Time | None
    saved_at: Time | None
    expires_at: Time | None


class SessionOut(Schema):
    user: str = Field(description="An opaque key of the user.")
    epoch: str
    revision: int
    counts: Counts


class PageOut(SessionOut):
    notifications: list[NotificationOut]
    next_before: str | None = Field(description="`before` of the next page; null on the last.")
    next_after: str | None = Field(
        default=None,
        description="`after` of the page above, where `after` was given; null on the first.",
    )


def _given(*required: str, **fields: str | list[str]) -> dict[str, Any]:
    """One way to fill in a body, as a JSON schema: fields, with their type or the words allowed."""
    properties = {
        name: {"type": kind} if isinstance(kind, str) else {"enum": kind}
        for name, kind in fields.items()
    }
    return {"required": list(required), "properties": properties}


_BULK_ACTS = ["seen", "read", "archive"]
_ACTS = [*_BULK_ACTS, "unread", "restore", "save", "unsave"]


def _on_some(*required: str, **fields: str | list[str]) -> list[dict[str, Any]]:
    """The ways to say which notifications an act is on, but for all of them."""
    chosen = {"notifications": "array", "undoes": "null", "all": "null", **fields}
    undone = {"notifications": "null", "undoes": "string", "all": "null", **fields}
    return [
        _given("notifications", *required, **chosen),
        _given("undoes", *required, **undone),
    ]


class ActionsIn(Schema):
    """Either ``notifications``, or ``undoes``, or ``all`` with ``epoch`` and ``upto``.

    ``snooze``, and nothing else, takes ``until``. ``delivered`` takes none of these: ``epoch`` and
    ``upto`` alone say what the client holds.
    """

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "anyOf": [
                *_on_some(op=_ACTS, until="null"),
                *_on_some("until", op=["snooze"], until="string"),
                _given(
                    "all",
                    "epoch",
                    "upto",
                    op=_BULK_ACTS,
                    notifications="null",
                    undoes="null",
                    until="null",
                    all="boolean",
                    epoch="string",
                    upto="integer",
                ),
                _given(
                    "epoch",
                    "upto",
                    op=["delivered"],
                    notifications="null",
                    undoes="null",
                    until="null",
                    all="null",
                    epoch="string",
                    upto="integer",
                ),
            ]
        },
    )

    op: Literal[
        "seen", "read", "unread", "archive", "restore", "snooze", "save", "unsave", "delivered"
    ]
    notifications: list[Id] | None = Field(None, min_length=1, max_length=contract.IDS_MAX_COUNT)
    undoes: Id | None = Field(
        None,
        description="The `op_id` of an act: on what that changed, and nothing has changed since.",
    )
    all: Literal[True] | None = None
    epoch: Id | None = None
    upto: Revision | None = None
    until: values.Moment | None = Field(
        None, description="When a snooze ends: 3 minutes to a year from now."
    )
    op_id: Id | None = Field(
        None, description="Remembered 24 hours: the same request gets the same answer."
    )

    @model_validator(mode="after")
    def one_target(self) -> ActionsIn:
        targets = [one for one in (self.notifications, self.undoes, self.all) if one is not None]
        if (self.until is None) == (self.op == "snooze"):
            raise ValueError("snooze, and nothing else, takes until")
        if self.op == "delivered":
            if targets:
                raise ValueError("delivered takes epoch and upto alone")
            if self.epoch is None or self.upto is None:
                raise ValueError("delivered needs epoch and upto")
            return self
        if len(targets) != 1:
            raise ValueError("give one of notifications, undoes and all")
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


def _audience_fields() -> dict[str, Any]:
    few = Field(None, min_length=1, max_length=contract.AUDIENCE_USERS_MAX_COUNT)
    return {
        name: (list[Name] | None, few) if name in CHOSEN else (Literal[True] | None, None)
        for name in KINDS
    }


def _one_kind(named: str) -> dict[str, Any]:
    words = {name: "array" if name in CHOSEN else "boolean" for name in KINDS}
    return _given(named, **{name: words[name] if name == named else "null" for name in KINDS})


class AudienceIn(create_model("_Kinds", __base__=Strict, **_audience_fields())):  # type: ignore[misc]
    """Exactly one of the three."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [_one_kind(name) for name in KINDS]})

    @model_validator(mode="after")
    def one_kind(self) -> AudienceIn:
        if sum(getattr(self, name) is not None for name in KINDS) != 1:
            raise ValueError(f"name one audience: {listed(KINDS, 'or')}")
        return self

    @property
    def kind(self) -> type[Audience]:
        return next(kind for name, kind in KINDS.items() if getattr(self, name) is not None)

    def found(self) -> Audience:
        """The audience that this names.

        Raises: UnknownNames: some name is nobody's.
        """
        return self.kind.named(self.names)

    @property
    def names(self) -> list[str]:
        """Those whom it names."""
        return list(getattr(self, self.kind.kind)) if self.kind.kind in CHOSEN else []


def listed(names: Iterable[str], conjunction: str) -> str:
    """``a, b or c``."""
    *others, last = names
    return f"{', '.join(others)} {conjunction} {last}"


class _Addressed(Strict):
    audience: AudienceIn


# Whose key it is says who speaks.
_ASKED: dict[str, Any] = {
    name: values.asked(name) for name, part in PARTS.items() if not part.is_name
}


class NotificationIn(create_model("_Asked", __base__=_Addressed, **_ASKED)):  # type: ignore[misc]
    def message(self, sender: str) -> Message:
        """What is to be sent, said by ``sender``."""
        asked = {name: getattr(self, name) for name in _ASKED}
        asked["actions"] = [action.model_dump() for action in self.actions]
        given = {name: value for name, value in asked.items() if value is not None}
        return Message(**given, sender=sender)


def _editable(name: str) -> tuple[Any, Any]:
    if DEFAULTS.get(name) == "" and PARTS[name].kind is not Kind.LINES:
        return values.given(name) | None, Field(None, description="null takes it away.")
    # Not given is not null, which is refused: there is no title that is none.
    return values.given(name), None


_CHANGED: dict[str, Any] = {name: _editable(name) for name in EDITABLE}


class EditIn(create_model("_Changed", __base__=Strict, **_CHANGED)):  # type: ignore[misc]
    """What is given is changed, the rest stays."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="after")
    def something(self) -> EditIn:
        if not self.model_fields_set:
            raise ValueError(f"give at least one of {listed(EDITABLE, 'and')}")
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
    muted_count: int = Field(description="How many had muted it, and were skipped.")
    off_count: int = Field(description="How many had turned its category off, and were skipped.")
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
