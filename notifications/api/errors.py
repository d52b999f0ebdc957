"""What goes wrong in the API, each as the problem document that it is answered with."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from notifications.api.schemas import ProblemOut
from notifications.inbox import idempotency, reading
from notifications.models.audience import UnknownNames
from notifications.process import outages
from notifications.sending import acts, quota
from notifications.wire import problems
from notifications.wire.problems import Problem

logger = logging.getLogger(__name__)

# What django-ninja says where nobody knew whose request it was.
_NOBODY = AuthenticationError().message
_PLACES_BEFORE_A_FIELD = 2


# What each operation may be refused with: a secret in its URL, whose it is, a method or a parameter
# that it does not know, too often, not now. And one that has a body, for that.
_PROBLEMS = (400, 401, 403, 405, 422, 429, 503)
BODY_PROBLEMS = (413, 415)
STREAM_PROBLEMS = (401, 403, 405, 422, 429, 503)


def or_problem(answer: Any, *problem_codes: int, status: int = 200) -> dict[int, Any]:
    """What an operation answers, or a problem: one of its own, or one that each may have."""
    return {status: answer} | dict.fromkeys(sorted({*_PROBLEMS, *problem_codes}), ProblemOut)


def private(response: HttpResponse) -> HttpResponse:
    """Mark an answer as one user's own."""
    # Not no-store: that would cost the ETag, and the page its place in the back/forward cache.
    response.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie", "Authorization"])
    return response


def handle(api: NinjaAPI) -> None:
    """Let the API answer all errors that can be foreseen."""
    for error, handler in (
        (Problem, _on_problem),
        (AuthenticationError, _on_nobody),
        (Throttled, _on_throttled),
        (HttpError, _on_http_error),
        (ValidationError, _on_invalid),
        (ModelValidationError, _on_invalid_content),
        (UnknownNames, _on_unknown_names),
        (Http404, _on_missing),
        (PermissionDenied, _on_denied),
        (reading.EpochMismatch, _on_other_epoch),
        (idempotency.OperationConflict, _on_conflict),
        (acts.IdempotencyConflict, _on_conflict),
        (acts.NotEditable, _on_conflict),
        (quota.QuotaExceeded, _on_too_often),
        (DatabaseError, _on_database),
        (InterfaceError, _on_database),
    ):
        api.add_exception_handler(error, handler)  # type: ignore[arg-type]


def _on_problem(_request: HttpRequest, error: Problem) -> HttpResponse:
    return error.response()


def _on_nobody(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    detail = error.message
    if detail == _NOBODY:
        detail = "Sign in first, or send a token or key in `Authorization: Bearer`."
    answer = private(problems.response(401, detail))
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _on_throttled(_request: HttpRequest, error: Throttled) -> HttpResponse:
    detail = "Too many requests; see Retry-After."
    return problems.response(429, detail, retry_after_s=error.wait or 1)


def _on_http_error(_request: HttpRequest, error: HttpError) -> HttpResponse:
    match error.__cause__:  # what the body's parser said
        case Problem() as problem:
            return problem.response()
        case ValueError() as fault:
            return problems.response(error.status_code, f"The body cannot be read: {fault}")
    return problems.response(error.status_code, str(error))


def _on_invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    for fault in error.errors:
        # The first parts of the place are the parameter's kind and the body's own name.
        place = fault["loc"][_PLACES_BEFORE_A_FIELD if fault["loc"][0] == "body" else 1 :]
        message = fault["msg"].removeprefix("Value error, ")
        errors.setdefault(".".join(map(str, place)) or "request", []).append(message)
    return problems.response(422, "The request is not valid; see errors.", errors)


def _on_invalid_content(_request: HttpRequest, error: ModelValidationError) -> HttpResponse:
    return problems.response(422, "The request is not valid; see errors.", error.message_dict)


def _on_unknown_names(_request: HttpRequest, error: UnknownNames) -> HttpResponse:
    return problems.response(422, str(error), {f"audience.{error.kind}": list(error.names)})


def _on_missing(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return problems.response(404, "There is nothing here.")


def _on_denied(_request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problems.response(403, str(error) or "This is not allowed.")


def _on_other_epoch(_request: HttpRequest, _error: reading.EpochMismatch) -> HttpResponse:
    return problems.response(409, "That epoch is over: read the inbox again, then repeat the act.")


def _on_conflict(_request: HttpRequest, error: Exception) -> HttpResponse:
    return problems.response(409, str(error))


def _on_too_often(_request: HttpRequest, error: quota.QuotaExceeded) -> HttpResponse:
    return problems.response(429, str(error), retry_after_s=error.wait_s)


def _on_database(_request: HttpRequest, error: Exception) -> HttpResponse:
    if not outages.is_outage(error):
        raise error  # a fault of ours, which the same request would meet again
    outages.tell(logger, error)
    # A connection that ends amid a commit does not say whether it was made.
    answer = problems.response(
        503,
        "The database does not answer; what you asked for may have been done or not. Try again, "
        "with the same Idempotency-Key or op_id: then it is done once.",
        retry_after_s=outages.RETRY_AFTER_S,
    )
    return outages.unlogged(answer)
