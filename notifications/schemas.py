"""The API's JSON, as its OpenAPI document describes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints, model_validator

from notifications import protocol

Id = Annotated[str, StringConstraints(min_length=1, max_length=protocol.ID_MAX_LENGTH)]
Revision = Annotated[int, Field(ge=0, le=protocol.INTEGER_MAX, strict=True)]
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


class ActionsIn(Schema):
    """Either ``notifications``, or ``all`` with ``epoch`` and ``upto``.

    ``delivered`` takes neither: ``epoch`` and ``upto`` alone say what the client holds.
    """

    model_config = ConfigDict(extra="ignore")

    op: Literal["seen", "read", "unread", "archive", "restore", "delivered"]
    notifications: list[Id] | None = Field(None, min_length=1, max_length=protocol.IDS_MAX_COUNT)
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
        if self.all and self.op not in {"seen", "read", "archive"}:
            raise ValueError(f"{self.op} takes notifications, not all")
        return self


class ActionsOut(Schema):
    revision: int = Field(description="The inbox's revision after the act.")
    changed: int = Field(description="How many notifications the act changed.")
    counts: Counts


class ProblemOut(Schema):
    """RFC 9457, as `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    errors: dict[str, list[str]] | None = None
