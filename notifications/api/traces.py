"""The story of a notification, for the service that has sent it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from notifications.api.errors import or_problem
from notifications.api.notifications import NotificationId, own, sender_of
from notifications.api.values import Id, Name, Time
from notifications.inbox import trace
from notifications.inbox.trace import Step
from notifications.inbox.trace_reasons import Reason
from notifications.inbox.traced_streams import Outcome, TracedStream
from notifications.models.audience import UnknownNames
from notifications.models.audiences import ChosenUsers
from notifications.stream.messages import How
from notifications.wire import contract
from notifications.wire.problems import Problem

router = Router(tags=["Sending"])


class StepOut(Schema):
    step: Literal[
        "accepted", "committed", "dispatched", "written", "acknowledged", "seen", "read",
        "archived", "snoozed", "removed",
    ]  # fmt: skip
    happened: bool | None = Field(description="null: nobody knows any more.")
    at: Time | None
    reason: Literal.__getitem__(tuple(Reason)) | None = Field(  # type: ignore[valid-type]
        description="Why it did not happen, or why it was taken out."
    )
    since: Time | None = Field(description="Since when that is so, where it has a beginning.")
    detail: str = Field(description="A sentence for people.")


class StreamOut(Schema):
    connection: str = Field(description="As `hello` and the log name it.")
    transport: str
    process: str
    opened_at: Time
    ended_at: Time | None
    cause: str = Field(description="Why it ended; empty while it has not.")
    outcome: Literal.__getitem__(tuple(Outcome))  # type: ignore[valid-type]
    how: Literal.__getitem__(tuple(How)) | None  # type: ignore[valid-type]
    acknowledged: bool


class TraceOut(Schema):
    id: Id
    user: str | None
    steps: list[StepOut]
    streams: list[StreamOut] = Field(description="Of the user, since it arrived; at most 50.")


@router.get(
    "/{id}/trace", response=or_problem(TraceOut, 404), summary="The story of a notification"
)
def tell(
    request: HttpRequest,
    wire_id: NotificationId,
    user: Annotated[Name | None, Query(description="What became of it for this user.")] = None,
) -> Any:
    """Of those that this API key has sent; all others are the same 404.

    What concerns one user takes the scope that sending to users by name takes.
    """
    notification = own(request, wire_id)
    if user is None:
        told = trace.of(notification)
    else:
        if ChosenUsers.scope not in sender_of(request).scopes:
            raise Problem(403, f"This API key lacks the scope {ChosenUsers.scope!r}.")
        told = trace.of_user(notification, _found(user))
    return {
        "id": str(notification.pk),
        "user": user,
        "steps": [_step(step) for step in told.steps],
        "streams": [_stream(stream) for stream in told.streams],
    }


def _found(name: str) -> Any:
    """Raises: Problem: there is nobody of that name."""
    try:
        (pk,) = ChosenUsers.named([name]).keys()
    except UnknownNames:
        raise Problem(422, "There is no such user.", {"user": [f"unknown: {name}"]}) from None
    return get_user_model()._default_manager.get(pk=pk)


def _step(step: Step) -> dict[str, Any]:
    return {
        "step": step.name,
        "happened": step.happened,
        "at": contract.wire_time(step.at),
        "reason": step.reason,
        "since": contract.wire_time(step.since),
        "detail": step.sentence,
    }


def _stream(stream: TracedStream) -> dict[str, Any]:
    return {
        "connection": stream.connection,
        "transport": stream.transport,
        "process": stream.process,
        "opened_at": contract.wire_time(stream.opened_at),
        "ended_at": contract.wire_time(stream.ended_at),
        "cause": stream.cause,
        "outcome": stream.outcome,
        "how": stream.how,
        "acknowledged": stream.acknowledged,
    }
