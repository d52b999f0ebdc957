"""The HTTP API. Parse, permit, call an act or a read, render: nothing is decided here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from ninja import NinjaAPI, Path, Query
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import SessionAuth

from notifications import inbox, operations, problems, protocol, reading, receipts
from notifications.problems import Problem
from notifications.recipients import recipient_id
from notifications.schemas import (
    ActionsIn,
    ActionsOut,
    NotificationOut,
    PageOut,
    ProblemOut,
    SessionOut,
)

_ACTS: dict[str, Any] = {
    "seen": inbox.mark_seen,
    "read": inbox.mark_read,
    "unread": inbox.mark_unread,
    "archive": inbox.archive,
    "restore": inbox.restore,
}


def _or_problem(answer: Any, *problem_codes: int) -> dict[int, Any]:
    """What an operation answers; without a session, or a database, it is always a problem."""
    return {200: answer} | dict.fromkeys((401, *problem_codes, 503), ProblemOut)


class ActiveSession(SessionAuth):
    """The session cookie of someone who may still sign in; writes need the CSRF token too."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any | None:
        return request.user if request.user.is_authenticated else None


api = NinjaAPI(
    title="Notifications",
    version="1",
    description="The inbox of the signed-in user. Errors are problem documents (RFC 9457).",
    # The bundled pages of documentation fetch their scripts from another site.
    docs_url=None,
    auth=ActiveSession(),
)


@api.get("/session", response=_or_problem(SessionOut), summary="Who am I")
def session(request: HttpRequest, response: HttpResponse) -> Any:
    _private(response)
    return _session(reading.head(recipient_id(request)))


@api.get("/inbox", response=_or_problem(PageOut, 422) | {304: None}, summary="The inbox, one page")
def inbox_page(
    request: HttpRequest,
    response: HttpResponse,
    filter: Annotated[Literal["inbox", "unread", "archived"], Query()] = "inbox",  # noqa: A002
    before: Annotated[str | None, Query(max_length=16, pattern=r"^[0-9]+$")] = None,
    limit: Annotated[int, Query(ge=1, le=protocol.PAGE_MAX_SIZE)] = protocol.PAGE_DEFAULT_SIZE,
) -> Any:
    """Newest first. `next_before` is the `before` of the next page."""
    user_id = recipient_id(request)
    if known := request.headers.get("If-None-Match"):
        etag = _etag(reading.head(user_id))
        if _matches(known, etag):
            return _private(HttpResponseNotModified(headers={"ETag": etag}))
    page = reading.page(user_id, filter, before=_cursor(before), size=limit)
    response.headers["ETag"] = _etag(page.head)
    _private(response)
    return _session(page.head) | {
        "notifications": page.notifications,
        "next_before": None if page.next_before is None else str(page.next_before),
    }


# Before the route of one notification, which would take `actions` for an id.
@api.post(
    "/inbox/actions", response=_or_problem(ActionsOut, 403, 409, 422), summary="Act on the inbox"
)
def inbox_actions(request: HttpRequest, actions: ActionsIn) -> Any:
    """One change: all of it happens, or none. Ids that are not in the inbox are skipped."""
    user_id = recipient_id(request)
    if actions.op_id is None:
        return _act(user_id, actions)
    asked = actions.dict(exclude={"op_id"}, exclude_none=True)
    return operations.once(user_id, actions.op_id, asked, lambda: _act(user_id, actions))


@api.get("/inbox/{id}", response=_or_problem(NotificationOut, 404), summary="One notification")
def inbox_one(
    request: HttpRequest,
    response: HttpResponse,
    id: Annotated[str, Path()],  # noqa: A002
) -> Any:
    """With its whole body. Missing, removed and somebody else's are the same 404."""
    pk = protocol.notification_pk(id)
    found = None if pk is None else reading.one(recipient_id(request), pk)
    if found is None:
        raise Problem(404, "There is no such notification in your inbox.")
    _private(response)
    return found


def _act(user_id: int, actions: ActionsIn) -> dict[str, Any]:
    if actions.op == "delivered":
        return _deliver(user_id, actions)
    which: inbox.Chosen | inbox.AllUpTo
    if actions.notifications is not None:
        pks = map(protocol.notification_pk, actions.notifications)
        which = inbox.Chosen({pk for pk in pks if pk is not None})
    else:
        assert actions.epoch is not None  # noqa: S101 (the schema saw to it)
        assert actions.upto is not None  # noqa: S101
        which = inbox.AllUpTo(actions.epoch, actions.upto)
    result: inbox.Result = _ACTS[actions.op](user_id, which)
    return {
        "revision": result.revision,
        "changed": result.changed,
        "counts": {"unread": result.unread, "unseen": result.unseen},
    }


def _deliver(user_id: int, actions: ActionsIn) -> dict[str, Any]:
    assert actions.epoch is not None  # noqa: S101 (the schema saw to it)
    assert actions.upto is not None  # noqa: S101
    head, changed = receipts.deliver(user_id, actions.epoch, actions.upto)
    return {"revision": head.revision, "changed": changed, "counts": head.counts}


def _session(head: reading.Head) -> dict[str, Any]:
    return {
        "user": head.user,
        "epoch": head.epoch,
        "revision": head.revision,
        "counts": head.counts,
    }


def _cursor(before: str | None) -> int | None:
    if before is None:
        return None
    cursor = protocol.revision(before)
    if cursor is None:
        raise Problem(422, "That cursor is none of ours.", {"before": ["out of range"]})
    return cursor


def _etag(head: reading.Head) -> str:
    return f'"{head.epoch}.{head.revision}"'


def _matches(known: str, etag: str) -> bool:
    # Weak comparison (RFC 9110, 13.1.2): a proxy that compresses marks our tag as weak.
    tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
    return "*" in tags or etag in tags


def _private(response: HttpResponse) -> HttpResponse:
    # Not no-store: that would cost the ETag, and the page its place in the back/forward cache.
    response.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie", "Authorization"])
    return response


@api.exception_handler(Problem)
def _on_problem(_request: HttpRequest, error: Problem) -> HttpResponse:
    return problems.response(error.status, error.detail, error.errors)


@api.exception_handler(AuthenticationError)
def _on_signed_out(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return _private(problems.response(401, "Sign in first."))


@api.exception_handler(ValidationError)
def _on_invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    for fault in error.errors:
        # The first two parts of the place are the parameter's kind and the body's own name.
        place = fault["loc"][2 if fault["loc"][0] == "body" else 1 :]
        errors.setdefault(".".join(map(str, place)) or "request", []).append(fault["msg"])
    return problems.response(422, "The request is not valid; see errors.", errors)


@api.exception_handler(HttpError)
def _on_http_error(_request: HttpRequest, error: HttpError) -> HttpResponse:
    return problems.response(error.status_code, str(error))


@api.exception_handler(Http404)
def _on_missing(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return problems.response(404, "There is nothing here.")


@api.exception_handler(PermissionDenied)
def _on_denied(_request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problems.response(403, str(error) or "This is not allowed.")


@api.exception_handler(reading.EpochMismatch)
def _on_other_epoch(_request: HttpRequest, _error: reading.EpochMismatch) -> HttpResponse:
    return problems.response(409, "That epoch is over: read the inbox again, then repeat the act.")


@api.exception_handler(operations.OperationConflict)
def _on_conflict(_request: HttpRequest, error: operations.OperationConflict) -> HttpResponse:
    return problems.response(409, str(error))


@api.exception_handler(DatabaseError)
@api.exception_handler(InterfaceError)
def _on_database(_request: HttpRequest, _error: Exception) -> HttpResponse:
    problem = problems.response(
        503, "The database does not answer. Nothing was changed; try again."
    )
    problem.headers["Retry-After"] = "5"
    return problem
