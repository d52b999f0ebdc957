"""The inbox of whoever asks: pages of it, one notification, and acts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from ninja import Path, Query, Router

from notifications.api import values
from notifications.api.errors import BODY_PROBLEMS, or_problem, private
from notifications.api.schemas import (
    ActionsIn,
    ActionsOut,
    NotificationOut,
    PageOut,
    SessionOut,
)
from notifications.credentials.recipients import recipient_id
from notifications.inbox import acts, idempotency, reading
from notifications.inbox.search import Search
from notifications.push import receipts
from notifications.wire import contract, serializers
from notifications.wire.problems import Problem

router = Router(tags=["Inbox"])


@router.get("/session", response=or_problem(SessionOut), summary="Who am I")
def session(request: HttpRequest, response: HttpResponse) -> Any:
    private(response)
    return _session(reading.head(recipient_id(request)))


# `exclude_unset`: what a frame leaves out (a picture of the sender), an answer leaves out.
@router.get(
    "/inbox",
    response=or_problem(PageOut) | {304: None},
    exclude_unset=True,
    summary="The inbox, one page",
)
def inbox_page(  # noqa: PLR0917 (its parameters are those of the URL)
    request: HttpRequest,
    response: HttpResponse,
    filter: Annotated[  # noqa: A002
        Literal["inbox", "unread", "snoozed", "archived", "saved"], Query()
    ] = "inbox",
    before: Annotated[str | None, Query(max_length=16, pattern=r"^[0-9]+$")] = None,
    after: Annotated[str | None, Query(max_length=16, pattern=r"^[0-9]+$")] = None,
    limit: Annotated[int, Query(ge=1, le=contract.PAGE_MAX_SIZE)] = contract.PAGE_DEFAULT_SIZE,
    q: Annotated[str, Query(max_length=contract.QUERY_MAX_LENGTH, pattern=values.NO_NUL)] = "",
    category: Annotated[list[values.Category], Query(max_length=contract.CHOICES_MAX_COUNT)] = [],  # noqa: B006 (pydantic copies it)
    level: Annotated[list[values.Level], Query(max_length=contract.CHOICES_MAX_COUNT)] = [],  # noqa: B006
    sender: Annotated[values.Sender | None, Query()] = None,
    thread: Annotated[values.Thread | None, Query()] = None,
) -> Any:
    """Newest first. `next_before` is the `before` of the next page, with all else as it was.

    `after`, an `arrived_revision`, asks for those that arrived next after it, and `next_after` is
    the `after` of the page above them.

    `q` looks for words in title, body and sender: all of them, in any order; the last may go on.
    """
    user_id = recipient_id(request)
    if known := request.headers.get("If-None-Match"):
        etag = _etag(reading.head(user_id))
        if _matches(known, etag):
            return private(HttpResponseNotModified(headers={"ETag": etag}))
    found = Search(q, tuple(category), tuple(level), _each(sender), _each(thread))
    ends = {"before": _cursor(before), "after": _cursor(after, "after")}
    page = reading.page(user_id, filter, **ends, size=limit, search=found)
    response.headers["ETag"] = _etag(page.head)
    private(response)
    shown = [serializers.notification(read.item, read.said) for read in page.notifications]
    next_before = None if page.next_before is None else str(page.next_before)
    next_after = {} if after is None else {"next_after": page.next_after and str(page.next_after)}
    said = {"notifications": shown, "next_before": next_before}
    return _session(page.head) | said | next_after


# Before the route of one notification, which would take `actions` for an id.
@router.post(
    "/inbox/actions",
    response=or_problem(ActionsOut, 409, *BODY_PROBLEMS),
    summary="Act on the inbox",
)
def inbox_actions(request: HttpRequest, actions: ActionsIn) -> Any:
    """One change: all of it happens, or none. Ids that are not in the inbox are skipped."""
    user_id = recipient_id(request)
    if actions.op_id is None:
        return _act(user_id, actions)
    asked = actions.dict(exclude={"op_id"}, exclude_none=True)
    return idempotency.once(user_id, actions.op_id, asked, lambda: _act(user_id, actions))


@router.get(
    "/inbox/{id}",
    response=or_problem(NotificationOut, 404),
    exclude_unset=True,
    summary="One notification",
)
def inbox_one(
    request: HttpRequest,
    response: HttpResponse,
    id: Annotated[str, Path(pattern=values.NO_NUL)],  # noqa: A002
) -> Any:
    """With its whole body. Missing, removed and somebody else's are the same 404."""
    pk = contract.notification_pk(id)
    read = None if pk is None else reading.one(recipient_id(request), pk)
    if read is None:
        raise Problem(404, "There is no such notification in your inbox.")
    private(response)
    return serializers.notification(read.item, read.said)


def _act(user_id: Any, actions: ActionsIn) -> dict[str, Any]:
    if actions.op == "delivered":
        return _deliver(user_id, actions)
    which = _which(user_id, actions)
    if actions.until is not None:
        result = _snooze(user_id, which, actions.until)
    else:
        result = acts.BY_OP[actions.op](user_id, which)
    return {
        "revision": result.revision,
        "changed": result.changed,
        "counts": {"unread": result.unread, "unseen": result.unseen},
    }


def _which(user_id: Any, actions: ActionsIn) -> acts.Which:
    if actions.notifications is not None:
        pks = map(contract.notification_pk, actions.notifications)
        return acts.Chosen({pk for pk in pks if pk is not None})
    if actions.undoes is not None:
        return acts.ChangedIn(idempotency.revision_of(user_id, actions.undoes))
    assert actions.epoch is not None  # noqa: S101 (the schema saw to it)
    assert actions.upto is not None  # noqa: S101
    return acts.AllUpTo(actions.epoch, actions.upto)


def _snooze(user_id: Any, which: acts.Which, until: datetime) -> acts.Result:
    assert not isinstance(which, acts.AllUpTo)  # noqa: S101 (the schema saw to it)
    try:
        return acts.snooze(user_id, which, until)
    except acts.BadUntil as error:
        raise Problem(422, str(error), {"until": [str(error)]}) from None


def _deliver(user_id: Any, actions: ActionsIn) -> dict[str, Any]:
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


def _each(one: str | None) -> tuple[str, ...]:
    return () if one is None else (one,)


def _cursor(given: str | None, name: str = "before") -> int | None:
    if given is None:
        return None
    cursor = contract.revision(given)
    if cursor is None:
        raise Problem(422, "That cursor is none of ours.", {name: ["out of range"]})
    return cursor


def _etag(head: reading.Head) -> str:
    return f'"{head.epoch}.{head.revision}"'


def _matches(known: str, etag: str) -> bool:
    # Weak comparison (RFC 9110, 13.1.2): a proxy that compresses marks our tag as weak.
    tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
    return "*" in tags or etag in tags
