"""What the diagnostics page asks over HTTP: an echo, and the events of a run by polling."""

from __future__ import annotations

import time
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import BeforeValidator, ConfigDict, Field

from notifications.api import values
from notifications.api.errors import BODY_PROBLEMS, or_problem, private
from notifications.conf import conf
from notifications.credentials.recipients import recipient_id
from notifications.wire import heads, runs
from notifications.wire.problems import Problem

_ECHO_MAX_LENGTH = 4096
_Seconds = Annotated[
    int,
    Field(ge=runs.SECONDS_MIN, le=runs.SECONDS_MAX, strict=True),
    BeforeValidator(values.integer),
]

router = Router(tags=["Diagnostics"])


class EchoIn(Schema):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=_ECHO_MAX_LENGTH, json_schema_extra={"pattern": values.NO_NUL})


class EchoOut(Schema):
    text: str


class RunIn(Schema):
    model_config = ConfigDict(extra="forbid")

    seconds: _Seconds = runs.SECONDS_DEFAULT


class RunOut(Schema):
    run: str = Field(description="What the events are asked for by, by this user alone.")
    begins_in_ms: int
    seconds: int
    mean_ms: int = Field(description="Between two events, on average.")


class EventOut(Schema):
    id: int
    at_ms: int = Field(description="When it happened, in milliseconds since 1970.")


class EventsOut(Schema):
    events: list[EventOut]
    now_ms: int = Field(description="The server's clock, when it answered.")
    is_over: bool
    request_bytes: int = Field(description="The size of this request's head at the server.")


@router.post("/echo", response=or_problem(EchoOut, 404, *BODY_PROBLEMS), summary="An echo")
def echo(request: HttpRequest, response: HttpResponse, said: EchoIn) -> Any:
    """What was said, unchanged: how long a request takes, there and back."""
    if not conf.ECHO:
        raise Problem(404, "The echo is turned off here.")
    private(response)
    return {"text": said.text}


@router.post(
    "/diagnostics/runs",
    response=or_problem(RunOut, 404, *BODY_PROBLEMS, status=201),
    summary="Begin a run",
)
def begin_run(request: HttpRequest, asked: RunIn | None = None) -> Any:
    """Events at random moments for some seconds, the same over HTTP and WebSocket."""
    _must_be_on()
    seconds = (asked or RunIn(seconds=runs.SECONDS_DEFAULT)).seconds
    text, run = runs.begin(recipient_id(request), seconds, _now_ms())
    begun = {
        "run": text,
        "begins_in_ms": runs.LEAD_MS,
        "seconds": run.seconds,
        "mean_ms": round(runs.MEAN_S * 1000),
    }
    return Status(201, begun)


@router.get("/diagnostics/events", response=or_problem(EventsOut, 404), summary="Events of a run")
def events(
    request: HttpRequest,
    response: HttpResponse,
    run: Annotated[str, Query(max_length=runs.TEXT_MAX_LENGTH, pattern=values.NO_NUL)],
    after: Annotated[int, Query(ge=0, le=1000)] = 0,
) -> Any:
    """What has happened since the event `after`: often nothing, as polling is."""
    _must_be_on()
    now_ms = _now_ms()
    found = runs.read(run, recipient_id(request), now_ms)
    if found is None:
        raise Problem(404, "There is no such run of yours, or it is over.")
    private(response)
    due = found.due(after, now_ms)
    return {
        "events": [{"id": event.id, "at_ms": event.at_ms} for event in due],
        "now_ms": now_ms,
        "is_over": now_ms >= found.ends_ms,
        "request_bytes": heads.request_bytes(request),
    }


def _must_be_on() -> None:
    if not conf.DIAGNOSTICS:
        raise Problem(404, "Diagnostics are turned off here.")


def _now_ms() -> int:
    return round(time.time() * 1000)
